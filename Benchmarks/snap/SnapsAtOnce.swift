import Base
import BenchCameras
import BenchHarness
import Ingest
import Linux
import Recorder

/// Many people ask at the same instant: how long each waits, and whether the rings miss a frame.
struct SnapsAtOnce {
    let folder: WorkFolder
    let arguments: Arguments

    private static let cameras = 10
    private static let framesPerSecond = 5
    private static let url = "test:mjpeg?size=1280x720&fps=\(framesPerSecond)&quality=95"
    private var requests: Int { arguments.quick ? 20 : 100 }

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
    }

    func run() throws {
        let path = folder.path + "/once"
        let bench = try BenchRecorder(path)
        defer { _ = try? removeTree(path) }
        let ids = (0..<Self.cameras).map { "cam-\($0)" }
        for id in ids { try bench.add(id, Self.url, ring: 64 << 20) }
        for id in ids { try bench.wait(id, frames: 10) }
        var figures = Figures(
            "\(requests) snapshots at once, \(Self.cameras) cameras",
            [
                .init("p50 ms", unit: "ms", digits: 1), .init("p99 ms", unit: "ms", digits: 1),
                .init("frames got, %", unit: "%", digits: 1),
                .init("frames lost", unit: "1", digits: 0),
            ])
        for _ in 0..<(arguments.quick ? 1 : arguments.rounds) {
            figures.add("ours", try round(bench, ids))
        }
        try bench.close()
        figures.print(arguments, bench: "snap")
    }

    private func round(_ bench: BenchRecorder, _ ids: [String]) throws -> [Double] {
        let before = try count(bench, ids)
        let start = Meter.nanoseconds
        pause(milliseconds: 1000)
        let latencies = try ask(bench, ids)
        pause(milliseconds: 1000)
        let after = try count(bench, ids)
        let seconds = Double(Meter.nanoseconds - start) / 1e9
        let expected = seconds * Double(Self.framesPerSecond * Self.cameras)
        return [
            Double(percentile(50, of: latencies)) / 1e6,
            Double(percentile(99, of: latencies)) / 1e6,
            Double(after.got - before.got) / expected * 100, Double(after.lost - before.lost),
        ]
    }

    private func count(
        _ bench: BenchRecorder, _ ids: [String]
    ) throws -> (got: UInt64, lost: UInt64) {
        let all = try ids.map { try bench.recorder.camera($0).report.status }
        return (all.reduce(0) { $0 + $1.frames }, all.reduce(0) { $0 + $1.dropped })
    }

    /// One thread each, let go together; half ask for now, half for what was a second ago.
    private func ask(_ bench: BenchRecorder, _ ids: [String]) throws -> [UInt64] {
        let seen = Monitor<(latencies: [UInt64], failure: String?)>(([], nil))
        let gate = Monitor(false)
        let (recorder, clock) = (bench.recorder, bench.clock)
        let threads = (0..<requests).map { i in
            Thread(name: "asks-\(i)") {
                gate.lock()
                while !gate.locked { _ = gate.wait(milliseconds: 1000) }
                gate.unlock()
                let past = WallTime(microseconds: clock.now.microseconds - 1_000_000)
                let start = Meter.nanoseconds
                do {
                    var request = SnapRequest(
                        cameras: [ids[i % ids.count]], by: BenchRecorder.author)
                    request.at = i / ids.count % 2 == 0 ? nil : past
                    _ = try recorder.snap(request)
                    seen.withLock { $0.latencies.append(Meter.nanoseconds - start) }
                } catch {
                    seen.withLock { $0.failure = "\(error)" }
                }
            }
        }
        pause(milliseconds: 100)
        gate.withLock { $0 = true }
        gate.broadcast()
        for thread in threads { thread.join() }
        let result = seen.withLock { $0 }
        if let failure = result.failure { throw BenchFailure(failure) }
        return result.latencies
    }
}
