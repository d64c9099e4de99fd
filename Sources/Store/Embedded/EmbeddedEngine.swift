package import Base
package import Linux
internal import RocksDB
internal import Synchronization

/// The engine for one machine: objects are files below one directory, maps are one RocksDB.
///
/// Maps are derived data (the log can rebuild them), so RocksDB runs without a write-ahead log; its
/// memtables reach the disk in order, which is what makes `apply`'s prefix promise true.
package final class EmbeddedEngine: StorageEngine {
    package struct Options: Sendable {
        package var readOnly = false
        /// Throws the maps away before opening; the log above makes them again.
        package var discardMaps = false
        /// With `readOnly`: leave the maps closed, so that objects can be read though the maps are
        /// damaged. Every map is then empty.
        package var withoutMaps = false
        package var mapCacheBytes = 64 << 20
        package var mapBufferBytes = 32 << 20
        /// The maps are scratch: a stop need not leave them fit to be read again.
        package var temporary = false
        /// For tests that look at files alone.
        package var directWrites = true
        package init() {}
    }

    /// Names at the top of the directory that are neither objects nor strangers.
    static let formatFile = "FORMAT"
    static let lockFile = "LOCK"
    static let epochFolder = "epoch"
    static let objectFolder = "objects"
    static let indexFolder = "index"
    /// Where a daemon answers questions about itself; there only while it runs.
    package static let statusSocket = "status.sock"
    /// Of earlier versions, which may have been killed.
    static let controlSocket = "control.sock"
    package static let wireSocket = "wire.sock"
    static let format = "proofreel data directory, format 1\n"

    let root: String
    let files: any FileSystem
    let options: Options
    let openFiles: OpenFiles
    let maps: Maps
    /// Keys of the daemon live beside the engine's folders, and other things it is told of.
    package let foreignFolders: [String]
    private let processLock: ProcessLock?
    /// The state means nothing; one of no bytes would share its address with a neighbour, which
    /// ThreadSanitizer takes for a race.
    let conditionalWrites = Monitor(0)
    /// Who appends to which object, for erasures to be told of.
    let appenders = Mutex<[ObjectName: WeakAppender]>([:])
    private let currentEpoch = Atomic<UInt64>(0)
    private let isClosed = Atomic<Bool>(false)

    /// Opens or creates the directory. One process at a time may write.
    package init(
        _ root: String, files: any FileSystem = RealFileSystem(), options: Options = Options(),
        foreignFolders: [String] = ["keys", "cameras", "rings", "access", "anchors", "factory"]
    ) throws(Failure) {
        self.root = root
        self.files = files
        self.options = options
        self.foreignFolders = foreignFolders
        if options.readOnly {
            guard files.exists("\(root)/\(Self.formatFile)") else {
                throw Failure(
                    .notFound, "\(root) is not a proofreel data directory (no FORMAT file)")
            }
            processLock = nil
        } else {
            try files.createDirectory(root)
            // The real directory is locked even when a test's file layer stands in between.
            try RealFileSystem().createDirectory(root)
            processLock = try ProcessLock("\(root)/\(Self.lockFile)")
        }
        try Self.checkFormat(root, files, readOnly: options.readOnly)
        if options.discardMaps && !options.readOnly {
            try Maps.discard("\(root)/\(Self.indexFolder)")
        }
        openFiles = OpenFiles(files, folder: "\(root)/\(Self.objectFolder)")
        maps = try Maps("\(root)/\(Self.indexFolder)", options)
    }

    /// Refuses directories of newer versions and directories that are something else.
    private static func checkFormat(
        _ root: String, _ files: any FileSystem, readOnly: Bool
    ) throws(Failure) {
        let path = "\(root)/\(formatFile)"
        if files.exists(path) {
            let text = String(decoding: try files.contents(of: path, limit: 200), as: UTF8.self)
            if text == format {
                // Who wrote it may have been killed before it was durable.
                if !readOnly { try files.open(path, .write).sync() }
                return
            }
            if text.hasPrefix("proofreel data directory, format "), text.hasSuffix("\n") {
                throw Failure(
                    .unsupported,
                    "\(root) was written by a newer proofreel (its FORMAT file says"
                        + " \(text.dropFirst(26).prefix { $0 != "\n" })); use that version or a"
                        + " later one"
                )
            }
            let others = try files.list(root).filter { $0 != lockFile && $0 != formatFile }
            if !readOnly && others.isEmpty { return try mendFormat(path, files) }
            throw Failure(
                .corrupt, "\(path) is damaged; it must read exactly: \(format.dropLast())")
        }
        let strangers = try files.list(root).filter { $0 != lockFile }
        guard strangers.isEmpty else {
            throw Failure(
                .refused,
                "\(root) is not empty and not a proofreel data directory (found \(strangers[0]));"
                    + " choose an empty or new directory")
        }
        try files.create(path, Array(format.utf8))
    }

    /// Whether another process writes here now.
    package var isInUse: Bool { options.readOnly && ProcessLock.isHeld("\(root)/\(Self.lockFile)") }
    /// The power went while the directory was being made: nothing else is in it yet.
    private static func mendFormat(_ path: String, _ files: any FileSystem) throws(Failure) {
        try files.remove(path)
        try files.create(path, Array(format.utf8))
    }

    /// Why a store opened for reading goes without its maps; nil when they are there.
    package var mapDamage: Failure? { maps.damage }

    package func claim() throws(Failure) -> Epoch {
        try requireWritable()
        let folder = "\(root)/\(Self.epochFolder)"
        try files.createDirectory(folder)
        // Also for what a process made that was killed before it came to this.
        try files.syncDirectory(root)
        // An epoch is a file's name: made exclusively, so it can never be handed out twice.
        let taken = try files.list(folder).compactMap { UInt64($0) }.max() ?? 0
        let next = taken + 1
        try files.create("\(folder)/\(next)", [])
        for old in try files.list(folder) where UInt64(old).map({ $0 < taken }) ?? false {
            try files.remove("\(folder)/\(old)")
        }
        currentEpoch.store(next, ordering: .sequentiallyConsistent)
        return Epoch(next)
    }

    func guardWrite(_ epoch: Epoch) throws(Failure) {
        try requireWritable()
        guard epoch.number == currentEpoch.load(ordering: .sequentiallyConsistent) else {
            throw Failure(.fenced, "another writer has taken over this store; this one must stop")
        }
    }

    private func requireWritable() throws(Failure) {
        guard !options.readOnly else {
            throw Failure(.readOnly, "\(root) was opened for reading only")
        }
        guard !isClosed.load(ordering: .sequentiallyConsistent) else {
            throw Failure(.stopped, "the store is closed")
        }
    }

    package func close() throws(Failure) {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        defer { processLock?.release() }
        openFiles.closeAll()
        try maps.close(sealed: !options.readOnly && !options.temporary)
    }
}
