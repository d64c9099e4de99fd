internal import Base

/// The files of a bundle by name, in a few bytes each, since there can be millions: names relative
/// to the base folder, in one stretch of memory, sorted without regard to case, so that two that
/// differ in nothing else are neighbours.
struct FileTable: Sendable {
    static let countMax = 10_000_000

    private struct Entry {
        var nameStart: UInt32
        var nameCount: UInt8
        var offset: UInt64
        var byteCount: UInt64
    }

    private var names: [UInt8] = []
    private var entries: [Entry] = []

    var count: Int { entries.count }
    var byteCount: UInt64 { entries.reduce(0) { $0 &+ $1.byteCount } }

    /// `offset`: where its bytes begin in the container.
    mutating func add(_ name: String, offset: UInt64, byteCount: UInt64) throws(Failure) {
        guard entries.count < Self.countMax else {
            throw Failure(.invalid, "a bundle has at most \(Self.countMax) files")
        }
        let bytes = Array(name.utf8)
        precondition(bytes.count <= BundleName.bytesMax)
        entries.append(
            Entry(
                nameStart: UInt32(names.count), nameCount: UInt8(bytes.count), offset: offset,
                byteCount: byteCount))
        names += bytes
    }

    /// Called once, after the last `add`. Throws for two names that some system takes for one.
    mutating func sort() throws(Failure) {
        let names = self.names
        func name(_ entry: Entry) -> ArraySlice<UInt8> {
            names[Int(entry.nameStart)..<Int(entry.nameStart) + Int(entry.nameCount)]
        }
        entries.sort { Self.order(name($0).span, name($1).span) < 0 }
        var folders: Set<String> = []
        for i in entries.indices {
            if i > 0, Self.order(name(entries[i - 1]).span, name(entries[i]).span) == 0 {
                throw Failure(
                    .corrupt, "the name \(self.name(i)) stands there twice, or in two spellings")
            }
            if let slash = name(entries[i]).lastIndex(of: 0x2F) {
                let folder = name(entries[i])[..<slash]
                folders.insert(String(decoding: folder, as: UTF8.self))
            }
        }
        for folder in folders {
            var path = folder[...]
            while true {
                if position(of: path, anyCase: true) != nil {
                    throw Failure(.corrupt, "the name \(path) is that of a file and of a folder")
                }
                guard let slash = path.lastIndex(of: "/") else { break }
                path = path[..<slash]
            }
        }
    }

    /// `proof/….leaf`
    func isLeaf(_ file: Int) -> Bool {
        let name = nameBytes(file)
        return name.starts(with: "proof/".utf8) && name.suffix(5).elementsEqual(".leaf".utf8)
    }

    func has(_ name: String, at file: Int) -> Bool {
        file < count && nameBytes(file).elementsEqual(name.utf8)
    }

    func name(_ file: Int) -> String { String(decoding: nameBytes(file), as: UTF8.self) }
    func byteCount(_ file: Int) -> UInt64 { entries[file].byteCount }
    func offset(_ file: Int) -> UInt64 { entries[file].offset }

    func position(of name: some StringProtocol) -> Int? { position(of: name, anyCase: false) }

    private func position(of name: some StringProtocol, anyCase: Bool) -> Int? {
        let wanted = Array(name.utf8)
        var range = entries.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let order = Self.order(nameBytes(middle).span, wanted.span)
            if order == 0 {
                return anyCase || nameBytes(middle) == wanted[...] ? middle : nil
            }
            range = order < 0 ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// In the order in which they stand in the container, for readers of disks.
    var byPlace: [UInt32] {
        let entries = self.entries
        return (0..<UInt32(entries.count)).sorted {
            (entries[Int($0)].offset, $0) < (entries[Int($1)].offset, $1)
        }
    }

    private func nameBytes(_ file: Int) -> ArraySlice<UInt8> {
        let entry = entries[file]
        return names[Int(entry.nameStart)..<Int(entry.nameStart) + Int(entry.nameCount)]
    }

    /// Below, at or above zero, as the first name comes before, with or after the second.
    private static func order(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
        let count = min(a.count, b.count)
        var i = 0
        // Most letters of two names are the same, in the same case.
        while i < count, a[i] == b[i] || lower(a[i]) == lower(b[i]) { i += 1 }
        guard i < count else { return a.count - b.count }
        return lower(a[i]) < lower(b[i]) ? -1 : 1
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
