import Base
import BenchHarness
import Glibc
import Ingest
import Linux

/// The test camera's picture as an Annex B file.
final class Clip: FrameSink {
    private var bytes: [UInt8] = []
    private var sets: [[UInt8]] = []

    /// Returns how many bytes it has.
    static func write(_ path: String, frames: Int) throws -> Int {
        var options = TestSource.Options()
        (options.width, options.height) = (1920, 1080)
        options.isHurried = true
        options.frames = frames
        let clip = Clip()
        try TestSource(options).run(into: clip, until: StopSignal())
        guard let file = fopen(path, "w"),
            fwrite(clip.bytes, 1, clip.bytes.count, file) == clip.bytes.count, fclose(file) == 0
        else { throw BenchFailure("\(path) could not be written") }
        return clip.bytes.count
    }

    private func put(_ unit: Span<UInt8>) {
        bytes += [0, 0, 0, 1]
        for i in unit.indices { bytes.append(unit[i]) }
    }

    func begin(_ format: StreamFormat) throws(Failure) {
        sets = format.parameterSets
        for set in sets { put(set.span) }
    }

    func startFrame(_ time: FrameTime) throws(Failure) {}
    func add(_ bytes: Span<UInt8>) throws(Failure) { put(bytes) }
    func endFrame(key: Bool) throws(Failure) {}
    func dropFrame(_ reason: String) {}
}
