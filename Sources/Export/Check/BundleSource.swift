internal import Archive
package import Base
internal import Crypto
internal import Linux

/// A bundle's files, wherever they are: in a folder, in a ZIP that is read in place, or in a
/// `.tar.zst` that is unpacked first. Opening it is the first check: names and container have one
/// reading or are refused. Any file is read from any thread.
package struct BundleSource: Sendable {
    private enum Place: Sendable {
        case folder(String)
        case zip(any ByteSource)
    }

    /// Room for pages that compress well, and none for a bomb.
    private static let unpackedFloor: UInt64 = 1 << 30
    private static let unpackedTimes: UInt64 = 20
    /// Small enough to stay in a processor's cache between reading and hashing.
    fileprivate static let pieceBytes: UInt64 = 256 << 10

    let files: FileTable
    private let place: Place

    /// `scratchPath`: a folder that a `.tar.zst` is unpacked into; whoever made it removes it.
    package init(opening path: String, scratchPath: String) throws(Failure) {
        if try FileStatus(path).kind == .directory {
            try self.init(folder: path)
            return
        }
        let file = try FileBytes(path)
        let magic = file.byteCount < 4 ? [] : try file.bytes(at: 0, count: 4)
        if magic.starts(with: [0x50, 0x4B]) {
            try self.init(zip: file)
        } else if magic == [0x28, 0xB5, 0x2F, 0xFD] {
            try Self.unpack(path, file.byteCount, into: scratchPath)
            try self.init(folder: scratchPath)
        } else {
            throw Failure(.corrupt, "\(path) is neither a folder nor a ZIP nor a .tar.zst")
        }
    }

    package init(zip source: some ByteSource) throws(Failure) {
        var files = FileTable()
        var reader = try ZipReader(source)
        guard reader.entryCount <= UInt64(FileTable.countMax) else {
            throw zipFailure("claims to have \(reader.entryCount) files")
        }
        var base: String?
        while let entry = try reader.next() {
            let name = try Self.inside(entry.name, &base)
            try files.add(name, offset: entry.offset, byteCount: entry.byteCount)
        }
        try files.sort()
        self.files = files
        place = .zip(source)
    }

    private init(folder path: String) throws(Failure) {
        var files = FileTable()
        let found = try FolderWalk.entries(below: path, countMax: FileTable.countMax)
        for entry in found {
            let name = try BundleName.checked(Array(entry.name.utf8)[...])
            guard entry.kind == .file else {
                throw Failure(.corrupt, "\(name) is a link or a device; a bundle has none")
            }
            try files.add(name, offset: 0, byteCount: entry.bytes)
        }
        try files.sort()
        self.files = files
        place = .folder(path)
    }

    /// The name without the one base folder that all names begin with; `base` has its slash.
    private static func inside(
        _ name: String, _ base: inout String?
    ) throws(Failure) -> String {
        if let base, name.utf8.starts(with: base.utf8) {
            return String(decoding: name.utf8.dropFirst(base.utf8.count), as: UTF8.self)
        }
        guard let slash = name.utf8.firstIndex(of: 0x2F) else {
            throw Failure(
                .corrupt, "the name \(name) is in no folder; a bundle has one base folder")
        }
        let folder = String(name[...slash])
        if let base {
            throw Failure(
                .corrupt,
                "there is more than one base folder: \(base.dropLast()) and \(folder.dropLast())")
        }
        base = folder
        return String(decoding: name.utf8.dropFirst(folder.utf8.count), as: UTF8.self)
    }

    private static func unpack(
        _ path: String, _ packed: UInt64, into folder: String
    ) throws(Failure) {
        let (many, isTooMany) = packed.multipliedReportingOverflow(by: unpackedTimes)
        let reader = try ArchiveReader(
            opening: path,
            limits: .init(
                entriesMax: FileTable.countMax,
                bytesMax: isTooMany ? .max : max(unpackedFloor, many)))
        let disk = RealFileSystem()
        var base: String?
        var piece: [UInt8] = []
        while let given = try reader.next() {
            let name = try inside(BundleName.checked(Array(given.utf8)[...]), &base)
            let target = "\(folder)/\(name)"
            try disk.createDirectory(parentDirectory(of: target))
            let file: any File
            do throws(Failure) {
                file = try disk.open(target, .createExclusive)
            } catch {
                guard error.kind == .alreadyExists else { throw error }
                throw Failure(.corrupt, "the name \(name) stands there twice")
            }
            var at: UInt64 = 0
            repeat {
                try reader.read(into: &piece)
                try file.write(piece.span, at: at)
                at += UInt64(piece.count)
            } while !piece.isEmpty
        }
    }

    // MARK: Reading

    /// One file, open for reading.
    struct OpenFile: Sendable {
        let byteCount: UInt64
        private let source: any ByteSource
        private let start: UInt64

        fileprivate init(_ source: any ByteSource, start: UInt64, byteCount: UInt64) {
            self.source = source
            self.start = start
            self.byteCount = byteCount
        }

        func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
            precondition(offset + UInt64(count) <= byteCount)
            try source.read(at: start + offset, count: count, into: &buffer)
        }

        /// SHA-256 of a part of it, read in pieces.
        func hash(
            _ range: Range<UInt64>, _ done: (UInt64) -> Void = { _ in }
        ) throws(Failure) -> Digest {
            var hash = SHA256()
            var buffer: [UInt8] = []
            var at = range.lowerBound
            while at < range.upperBound {
                let count = min(BundleSource.pieceBytes, range.upperBound - at)
                try read(at: at, count: Int(count), into: &buffer)
                hash.update(buffer.span)
                at += count
                done(count)
            }
            return hash.finish()
        }
    }

    func open(_ file: Int) throws(Failure) -> OpenFile {
        switch place {
        case .zip(let source):
            return OpenFile(
                source, start: files.offset(file), byteCount: files.byteCount(file))
        case .folder(let path):
            return OpenFile(
                try FileBytes("\(path)/\(files.name(file))"), start: 0,
                byteCount: files.byteCount(file))
        }
    }

    /// The whole of a small file; throws for a larger one.
    func contents(_ file: Int, bytesMax: Int) throws(Failure) -> [UInt8] {
        let count = files.byteCount(file)
        guard count <= UInt64(bytesMax) else {
            throw Failure(
                .corrupt,
                "has \(count) bytes; at most \(bytesMax) make sense")
        }
        var bytes: [UInt8] = []
        try open(file).read(at: 0, count: Int(count), into: &bytes)
        return bytes
    }
}
