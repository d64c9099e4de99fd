internal import Base
internal import Linux

extension FaultyFileSystem {
    /// The disk as a power cut at this moment leaves it, below another root.
    package func image(_ survivors: Survivors, root: String) -> FaultyFileSystem {
        var choice = Choice(survivors)
        let image = FaultyFileSystem(root: root)
        state.withLock { state in
            let last = state.total
            choice.setMoment(among: last)
            var names = state.durableEntries
            for rename in state.renames where choice.keeps(rename.number) {
                names[rename.path] = rename.inode
            }
            var entries: [String: FaultyInode] = [:]
            for name in names.keys.sorted() {
                guard let inode = names[name] else { continue }
                entries[name] = FaultyInode(inode.surviving(&choice))
            }
            let directories = state.directories
            image.state.withLock { other in
                other.entries = entries
                other.durableEntries = entries
                other.directories = directories
            }
        }
        return image
    }

    /// The disk as a killed process leaves it, below another root: programs see every change, and
    /// what was not synced still is not.
    package func clone(root: String) -> FaultyFileSystem {
        let clone = FaultyFileSystem(root: root)
        state.withLock { state in
            var copies: [ObjectIdentifier: FaultyInode] = [:]
            func copy(_ inode: FaultyInode) -> FaultyInode {
                if let known = copies[ObjectIdentifier(inode)] { return known }
                let copy = FaultyInode(copying: inode)
                copies[ObjectIdentifier(inode)] = copy
                return copy
            }
            let entries = state.entries.mapValues(copy)
            let durable = state.durableEntries.mapValues(copy)
            let renames = state.renames.map { ($0.number, $0.path, $0.inode.map(copy)) }
            let (directories, total) = (state.directories, state.total)
            clone.state.withLock { other in
                other.entries = entries
                other.durableEntries = durable
                other.renames = renames
                other.directories = directories
                other.total = total
            }
        }
        return clone
    }

    /// The names of all files.
    package var files: [String] { state.withLock { $0.entries.keys.sorted() } }

    /// For tests that damage a disk at rest.
    package func edit(_ name: String, _ body: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard let inode = state.entries[name] else { return }
            body(&inode.contents)
            inode.durable = inode.contents
        }
    }
}

/// Which changes a power cut leaves.
struct Choice {
    private let survivors: FaultyFileSystem.Survivors
    private var random: SeededRandom
    private var moment = 0

    init(_ survivors: FaultyFileSystem.Survivors) {
        self.survivors = survivors
        switch survivors {
        case .none, .all: random = SeededRandom(seed: 0)
        case .prefix(let seed), .torn(let seed): random = SeededRandom(seed: seed)
        }
    }

    mutating func setMoment(among last: Int) {
        // Near the end, where unsynced changes are.
        moment = last - Int.random(in: 0...min(last, 12), using: &random)
    }

    mutating func keeps(_ number: Int) -> Bool {
        switch survivors {
        case .none: false
        case .all: true
        case .prefix: number < moment
        case .torn: Bool.random(using: &random)
        }
    }

    var tears: Bool {
        if case .torn = survivors { true } else { false }
    }

    /// A write is all there, all gone, or there in some of its sectors.
    mutating func sectors(_ number: Int, _ count: Int) -> [Bool] {
        guard tears else { return Array(repeating: keeps(number), count: count) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Array(repeating: true, count: count)
        case 1: return Array(repeating: false, count: count)
        default: return (0..<count).map { _ in Bool.random(using: &random) }
        }
    }
}

/// The contents of one file; guarded by the state of its file system.
final class FaultyInode: @unchecked Sendable {
    enum Edit {
        case write([UInt8], at: Int)
        case truncate(Int)
        case punch(Range<Int>)
    }
    struct Change {
        let number: Int
        let edit: Edit
        /// A failed sync has forgotten it: no later sync keeps it.
        var isDoomed = false
    }
    static let sectorBytes = 512

    var contents: [UInt8]
    var durable: [UInt8]
    private var changes: [Change] = []

    init(_ contents: [UInt8] = []) {
        self.contents = contents
        durable = contents
    }

    init(copying other: FaultyInode) {
        contents = other.contents
        durable = other.durable
        changes = other.changes
    }

    func apply(_ edit: Edit, number: Int) {
        Self.apply(edit, to: &contents)
        changes.append(Change(number: number, edit: edit))
    }

    func sync() {
        for change in changes where !change.isDoomed { Self.apply(change.edit, to: &durable) }
        changes.removeAll { !$0.isDoomed }
    }

    /// The kernel tells of a lost write once and takes its pages for clean from then on.
    func failSync() {
        for i in changes.indices { changes[i].isDoomed = true }
    }

    static func apply(_ edit: Edit, to bytes: inout [UInt8]) {
        switch edit {
        case .write(let new, let offset):
            extend(&bytes, to: offset + new.count)
            bytes.replaceSubrange(offset..<(offset + new.count), with: new)
        case .truncate(let length):
            extend(&bytes, to: length)
            bytes.removeLast(bytes.count - length)
        case .punch(let range):
            for i in range.clamped(to: 0..<bytes.count) { bytes[i] = 0 }
        }
    }

    private static func extend(_ bytes: inout [UInt8], to length: Int) {
        if bytes.count < length {
            bytes.append(contentsOf: repeatElement(0, count: length - bytes.count))
        }
    }

    func surviving(_ choice: inout Choice) -> [UInt8] {
        var bytes = durable
        for change in changes {
            guard case .write(let new, let offset) = change.edit else {
                if choice.keeps(change.number) { Self.apply(change.edit, to: &bytes) }
                continue
            }
            let first = offset / Self.sectorBytes
            let last = (offset + max(new.count, 1) - 1) / Self.sectorBytes
            let kept = choice.sectors(change.number, last - first + 1)
            for (i, isKept) in kept.enumerated() where isKept {
                let from = max(offset, (first + i) * Self.sectorBytes)
                let to = min(offset + new.count, (first + i + 1) * Self.sectorBytes)
                guard from < to else { continue }
                let part = Array(new[(from - offset)..<(to - offset)])
                Self.apply(.write(part, at: from), to: &bytes)
            }
        }
        return bytes
    }
}

/// One open file of a `FaultyFileSystem`.
final class FaultyFile: File {
    private let files: FaultyFileSystem
    private let inode: FaultyInode
    private let path: String
    private let mode: FileMode

    init(_ files: FaultyFileSystem, _ inode: FaultyInode, _ path: String, _ mode: FileMode) {
        self.files = files
        self.inode = inode
        self.path = path
        self.mode = mode
    }

    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
        buffer = files.state.withLock { _ in
            let length = inode.contents.count
            let from = Int(min(offset, UInt64(length)))
            return Array(inode.contents[from..<min(from + count, length)])
        }
    }

    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(Failure) {
        if case .writeDirect = mode {
            let page = PageArena.pageBytes
            precondition(
                bytes.count % page == 0 && offset % UInt64(page) == 0,
                "\(path): a direct write that is not made of whole pages")
        }
        guard !bytes.isEmpty else { return }
        let new = Array(span: bytes)
        // A write that fails may have written its beginning.
        let half = Array(new.prefix(new.count / 2 / FaultyInode.sectorBytes * 512))
        try files.change(
            .write, "write \(path)",
            failing: { state in
                if state.fault?.effect != .powerCut && !half.isEmpty {
                    inode.apply(.write(half, at: Int(offset)), number: state.total)
                }
            },
            { _, number in inode.apply(.write(new, at: Int(offset)), number: number) })
    }

    func sync() throws(Failure) {
        try files.change(
            .sync, "sync \(path)",
            failing: { state in if state.fault?.effect == .broken { inode.failSync() } },
            { _, _ in inode.sync() })
    }

    func allocate(upTo length: UInt64) throws(Failure) {
        try files.change(.allocate, "reserve space for \(path)") { _, _ in }
    }

    func truncate(to length: UInt64) throws(Failure) {
        try files.change(.truncate, "truncate \(path)") { _, number in
            inode.apply(.truncate(Int(length)), number: number)
        }
    }

    func punch(_ range: Range<UInt64>) throws(Failure) {
        let range = Int(range.lowerBound)..<Int(range.upperBound)
        try files.change(.punch, "erase bytes of \(path)") { _, number in
            inode.apply(.punch(range), number: number)
        }
    }

    func length() throws(Failure) -> UInt64 {
        files.state.withLock { _ in UInt64(inode.contents.count) }
    }
}
