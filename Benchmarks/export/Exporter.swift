import Archive
import Base
import BenchHarness
import Evidence
import EvidenceFormat
import Export
import Glibc
import Linux
import Store

/// One export in a process of its own, so that its memory can be told from that of the filling.
enum Exporter {
    static let writing = "--write-bundle"
    static let verifying = "--verify-bundle"
    static var words: [String] { [writing, verifying] }

    static func run(_ word: String, _ words: [String]) throws {
        guard words.count == 2 else { throw BenchFailure("\(word) wants two paths") }
        if word == verifying { try verify(words[0], scratch: words[1]) } else { try write(words) }
    }

    /// Says how long it took and the memory that it added, on one line.
    private static func verify(_ bundle: String, scratch: String) throws {
        let before = try memory("VmRSS:")
        try forgetPeak()
        let start = Meter.nanoseconds
        let result = try BundleCheck.run(
            bundle, scratchPath: scratch,
            BundleCheck.Request(rootKey: VerifierKey(PictureLog.rootKey)))
        let seconds = Double(Meter.nanoseconds - start) / 1e9
        guard result.findings.isEmpty else { throw BenchFailure("the bundle does not verify") }
        say("\(seconds) \(try memory("VmHWM:") - before)")
    }

    /// `FOLDER FILE`: writes the bundle of everything in the log, then says its numbers on one line.
    private static func write(_ words: [String]) throws {
        let log = try PictureLog.open(words[0])
        let file = try RealFileSystem().open(words[1], .createExclusive)
        var query = Query()
        query.links = [.init(kind: PictureLog.order.kind, value: PictureLog.order.value)]
        let request = BundleRequest(.query(query), .zip, by: "bench", at: SystemClock().now)
        let before = try memory("VmRSS:")
        try forgetPeak()
        let start = Meter.nanoseconds
        var first: UInt64 = 0
        var count: UInt64 = 0
        let writer = try BundleWriter(
            LogExtract(log), request, anchors: { _ in [] }, custody: { _, _, _ in }
        ) {
            bytes throws(Failure) in
            if count == 0 { first = Meter.nanoseconds - start }
            try file.write(bytes, at: count)
            count += UInt64(bytes.count)
        }
        try writer.run()
        let seconds = Double(Meter.nanoseconds - start) / 1e9
        let added = try memory("VmHWM:") - before
        say("\(count) \(seconds) \(Double(first) / 1e6) \(added)")
        try log.close()
    }

    /// The kernel counts the peak of memory anew from here.
    private static func forgetPeak() throws {
        let file = open("/proc/self/clear_refs", O_WRONLY)
        defer { close(file) }
        guard file >= 0, Glibc.write(file, "5", 1) == 1 else {
            throw BenchFailure("the peak of memory cannot be told on this kernel")
        }
    }

    /// Bytes, from a line of the kernel's about this process.
    private static func memory(_ field: String) throws -> Int {
        var buffer: [UInt8] = []
        try RealFileSystem().open("/proc/self/status", .read)
            .read(at: 0, count: 8192, into: &buffer)
        for line in String(decoding: buffer, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(field) {
            return (Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) ?? 0) * 1024
        }
        return 0
    }
}
