import Foundation
import TestSupport

/// `tools/cameras/camera-server`, running for as long as this lives.
package final class CameraServer {
    package let rtspPort: Int
    package let httpPort: Int
    private let child: Child

    package init(_ arguments: [String]) throws {
        // From the folder of the test program.
        child = try Child("../../../tools/cameras/camera-server", arguments)
        guard child.waits(for: "{") else { throw ChildFailure("the camera server did not start") }
        let line = Data(child.output.split(separator: "\n")[0].utf8)
        let ports = try JSONDecoder().decode([String: Int].self, from: line)
        rtspPort = ports["rtsp"] ?? 0
        httpPort = ports["http"] ?? 0
    }

    deinit { child.kill() }

    package func url(_ rest: String = "/live", credentials: String = "") -> String {
        "rtsp://\(credentials)127.0.0.1:\(rtspPort)\(rest)"
    }
}
