import BenchCameras
import BenchHarness
import Glibc

/// Cameras to record, in a process of their own.
final class Farm {
    let urls: [String]
    /// Says which farm it is and what a camera sends.
    let words: String
    private let child: Child

    static let framesPerSecond = 25

    /// The project's own camera server with the test pattern; `PROOFREEL_TESTCAMS` names an
    /// `rtsp_farm.py` to use in its place, whose clip is a noisier picture of 4 Mbit/s.
    init(_ folder: WorkFolder, cameras: Int) throws {
        if let farm = getenv("PROOFREEL_TESTCAMS").map({ String(cString: $0) }) {
            words = "cameras by rtsp_farm.py, H.264 1920x1080, 25 fps, 4 Mbit/s"
            child = try Child([
                "python3", farm, "--port", "0", "--cams", "\(cameras)", "--tcp-only", "--profile",
                "h264:1920x1080:25:4000",
            ])
            let port = try Self.port(child)
            urls = (0..<cameras).map { "rtsp://127.0.0.1:\(port)/cam\($0)" }
        } else {
            let clip = folder.path + "/clip.h264"
            let bytes = try Clip.write(clip, frames: 250)
            let megabits = Double(bytes) * 8 / 10 / 1e6
            words =
                "cameras by tools/cameras/camera-server, H.264 1920x1080, 25 fps, "
                + megabits.fixed(1) + " Mbit/s"
            child = try Child(["python3", "tools/cameras/camera-server", "--video", clip])
            let port = try Self.port(child)
            urls = (0..<cameras).map { _ in "rtsp://127.0.0.1:\(port)/live" }
        }
    }

    var cpuSeconds: Double { child.cpuSeconds }

    private static func port(_ child: Child) throws -> Int {
        let line = try child.line(seconds: 300)
        guard let key = line.split(separator: "\"rtsp\":").last,
            let port = Int(key.drop { $0 == " " }.prefix { $0.isNumber })
        else { throw BenchFailure("the farm says no port: \(line)") }
        return port
    }

    func end() { child.end(SIGTERM) }
}
