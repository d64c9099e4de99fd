import Base
import Linux
import TestSupport

/// The real disk with a gate in front of its writes: they pass, fail, or wait.
final class GatedFiles: FileSystem {
    enum Gate { case open, failing, closed }
    private let gate = Monitor(Gate.open)
    private let real = RealFileSystem()

    func set(_ new: Gate) {
        gate.withLock { $0 = new }
        gate.broadcast()
    }

    fileprivate func pass() throws(Failure) {
        gate.lock()
        defer { gate.unlock() }
        while gate.locked == .closed { gate.wait() }
        guard gate.locked == .open else { throw Failure(.io, "the disk reports an error") }
    }

    func open(_ path: String, _ mode: FileMode) throws(Failure) -> any File {
        GatedFile(try real.open(path, mode), self)
    }
    func createDirectory(_ path: String) throws(Failure) { try real.createDirectory(path) }
    func remove(_ path: String) throws(Failure) { try real.remove(path) }
    func exists(_ path: String) -> Bool { real.exists(path) }
    func list(_ path: String) throws(Failure) -> [String] { try real.list(path) }
    func syncDirectory(_ path: String) throws(Failure) { try real.syncDirectory(path) }
}

private final class GatedFile: File {
    private let file: any File
    private let files: GatedFiles

    init(_ file: any File, _ files: GatedFiles) {
        self.file = file
        self.files = files
    }

    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
        try file.read(at: offset, count: count, into: &buffer)
    }
    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(Failure) {
        try files.pass()
        try file.write(bytes, at: offset)
    }
    func sync() throws(Failure) { try file.sync() }
    func allocate(upTo length: UInt64) throws(Failure) { try file.allocate(upTo: length) }
    func truncate(to length: UInt64) throws(Failure) { try file.truncate(to: length) }
    func punch(_ range: Range<UInt64>) throws(Failure) { try file.punch(range) }
    func length() throws(Failure) -> UInt64 { try file.length() }
}
