import BenchHarness
import Glibc

/// Who records.
enum RecorderKind {
    case ours, ffmpeg, gstreamer, floor

    var name: String {
        switch self {
        case .ours: "ours"
        case .ffmpeg: "ffmpeg, one each"
        case .gstreamer: "GStreamer, one each"
        case .floor: "floor, C, one thread"
        }
    }

    func start(_ folder: String, _ urls: [String]) throws -> Running {
        switch self {
        case .ours:
            return try Running([
                Child(Role.words("ours", folder, urls), errors: folder + "-errors")
            ])
        case .floor:
            return try Running([
                Child(Role.words("floor", folder, urls), errors: folder + "-errors")
            ])
        case .ffmpeg:
            let children = try urls.enumerated().map { i, url in
                try Child([
                    "ffmpeg", "-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period",
                    "1", "-rtsp_transport", "tcp", "-use_wallclock_as_timestamps", "1", "-i", url,
                    "-c", "copy", "-f", "segment", "-segment_time", "10", "\(folder)/\(i)-%d.mp4",
                ])
            }
            return Running(children, progress: true)
        case .gstreamer:
            let children = try urls.enumerated().map { i, url in
                try Child([
                    "gst-launch-1.0", "-q", "-e", "rtspsrc", "location=\(url)", "protocols=tcp",
                    "!",
                    "rtph264depay", "!", "h264parse", "!", "splitmuxsink",
                    "max-size-time=10000000000", "location=\(folder)/\(i)-%d.mp4",
                ])
            }
            return Running(children, folder: folder)
        }
    }
}

/// A recorder at work, of one process or many.
final class Running {
    private let children: [Child]
    /// ffmpeg tells its frames once a second.
    private let progress: Bool
    /// GStreamer tells nothing; its files do afterwards.
    private let folder: String?
    private var seen: [Double]

    init(_ children: [Child], progress: Bool = false, folder: String? = nil) {
        self.children = children
        self.progress = progress
        self.folder = folder
        seen = [Double](repeating: 0, count: children.count)
    }

    var cpuSeconds: Double { children.reduce(0) { $0 + $1.cpuSeconds } }
    var memoryBytes: Double { children.reduce(0) { $0 + $1.memoryBytes } }

    func frames() throws -> (got: Double, lost: Double) {
        if folder != nil { return (.nan, .nan) }
        if progress {
            listen()
            return (seen.reduce(0, +), .nan)
        }
        let numbers = try children[0].ask("?").split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 3 else { throw BenchFailure("an answer without three numbers") }
        return (numbers[1], numbers[2])
    }

    private func listen() {
        for (i, child) in children.enumerated() {
            while let line = child.nextLine(milliseconds: 0) {
                if line.hasPrefix("frame=") {
                    seen[i] = Double(line.dropFirst(6).filter { $0.isNumber }) ?? 0
                }
            }
        }
    }

    private func playing() throws -> Int {
        if progress {
            listen()
            return seen.count { $0 > 0 }
        }
        let words = try children[0].ask("?").split(separator: " ")
        return Int(words.first ?? "") ?? 0
    }

    func waitForAll(_ cameras: Int) throws {
        if folder != nil {
            pause(milliseconds: 20_000)
            return
        }
        for _ in 0..<600 {
            if try playing() == cameras { return }
            pause(milliseconds: 200)
        }
        throw BenchFailure("\(try playing()) of \(cameras) cameras play after two minutes")
    }

    /// The frames in its files, in per cent of those that the time in them should have; nil where
    /// it has told them already.
    func filmed(framesPerSecond: Int) throws -> Double? {
        guard let folder else { return nil }
        // With SIGINT it ends its files properly; a second one would cut that short.
        for child in children { kill(child.process, SIGINT) }
        for child in children { child.end() }
        let total = try FilmFile.total(folder)
        guard total.seconds > 0 else { throw BenchFailure("GStreamer recorded nothing") }
        return total.frames / (total.seconds * Double(framesPerSecond)) * 100
    }

    func end() {
        for child in children { child.end(progress || folder != nil ? SIGTERM : 0) }
    }
}
