import BenchCameras
import BenchHarness
import BenchPeers
import Glibc
import Ingest
import Recorder

/// What this program does as a child of itself, so that its CPU is counted apart. A role answers
/// each line of its input with "cameras that record, frames, frames lost", and ends with it.
enum Role {
    static let ringBytes: UInt64 = 32 << 20

    /// False when this is no child.
    static func run() throws -> Bool {
        let words = CommandLine.arguments
        guard words.count > 3, words[1] == "--role" else { return false }
        let (folder, urls) = (words[3], Array(words[4...]))
        if words[2] == "floor" { try floor(folder, urls) } else { try ours(folder, urls) }
        return true
    }

    static func words(_ role: String, _ folder: String, _ urls: [String]) -> [String] {
        ["/proc/self/exe", "--role", role, folder] + urls
    }

    private static func ours(_ folder: String, _ urls: [String]) throws {
        let bench = try BenchRecorder(folder)
        for (i, url) in urls.enumerated() { try bench.add("cam-\(i)", url, ring: ringBytes) }
        while readLine() != nil {
            let all = bench.recorder.all.map(\.report.status)
            let recording = all.count { $0.state == .recording && $0.frames > 0 }
            let frames = all.reduce(0) { $0 + $1.frames }
            let lost = all.reduce(0) { $0 + $1.dropped }
            say("\(recording) \(frames) \(lost)")
        }
        try bench.close()
    }

    private static func floor(_ folder: String, _ urls: [String]) throws {
        let code = Child.withArguments(urls) { peer_rtsp_floor(folder, $0, CInt(urls.count)) }
        if code != 0 { throw BenchFailure("a camera of the floor failed") }
    }
}
