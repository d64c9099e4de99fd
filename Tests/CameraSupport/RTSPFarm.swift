import Foundation
import TestSupport

/// Cameras by somebody else, running for as long as this lives: `PROOFREEL_TESTCAMS` is the path of
/// an `rtsp_farm.py`.
package final class RTSPFarm {
    package let rtsp: Int
    package let http: Int
    private let control: Int
    private let process = Process()

    /// Nil where there is none, which is said aloud.
    package static func path(for what: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PROOFREEL_TESTCAMS"]
        if path == nil {
            print("SKIPPED: \(what). Set PROOFREEL_TESTCAMS to the path of rtsp_farm.py.")
        }
        return path
    }

    package init(_ path: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", path, "--port", "0", "--max-seconds", "900"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let line = pipe.fileHandleForReading.availableData
        let ports = try JSONSerialization.jsonObject(with: line) as? [String: Any]
        guard let rtsp = ports?["rtsp"] as? Int, let http = ports?["http"] as? Int,
            let control = ports?["control"] as? Int
        else { throw ChildFailure("the farm tells no ports; run \(path) by hand") }
        (self.rtsp, self.http, self.control) = (rtsp, http, control)
    }

    // What Foundation starts may have SIGTERM blocked.
    deinit { kill(process.processIdentifier, SIGKILL) }

    package func url(_ camera: Int) -> String { "rtsp://127.0.0.1:\(rtsp)/cam\(camera)" }

    /// `set`, `clear` or `kick` with what they are told.
    package func ask(_ query: String) throws {
        _ = try HTTPAnswer.bytes(of: "http://127.0.0.1:\(control)/\(query)")
    }
}

/// What a frame of a farm says of itself, beside its picture.
package struct FarmMark {
    /// Counts since the farm began, in the order of sending.
    package let frame: Int
    /// Counts in the clip, which is played again and again.
    package let index: Int
    /// When it was sent; microseconds of the wall clock.
    package let sent: Int64

    package init?(in frame: [UInt8]) {
        let text = String(decoding: frame, as: Unicode.ASCII.self)
        guard let match = text.firstMatch(of: /TCAM cam=\d+ n=(\d+) idx=(\d+) t=(\d+\.\d+)/),
            let number = Int(match.output.1), let index = Int(match.output.2),
            let seconds = Double(match.output.3)
        else { return nil }
        (self.frame, self.index, sent) = (number, index, Int64(seconds * 1e6))
    }
}
