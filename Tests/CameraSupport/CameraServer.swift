import Foundation
import TestSupport

/// `tools/cameras/camera-server`, running for as long as this lives.
package final class CameraServer {
    package let rtspPort: Int
    package let httpPort: Int
    /// RTSP over TLS; 0 without a certificate.
    package let rtspsPort: Int
    private let child: Child

    package init(_ arguments: [String]) throws {
        // From the folder of the test program.
        child = try Child("../../../tools/cameras/camera-server", arguments)
        guard child.waits(for: "{") else { throw ChildFailure("the camera server did not start") }
        let line = Data(child.output.split(separator: "\n")[0].utf8)
        let ports = try JSONDecoder().decode([String: Int].self, from: line)
        rtspPort = ports["rtsp"] ?? 0
        httpPort = ports["http"] ?? 0
        rtspsPort = ports["rtsps"] ?? 0
    }

    deinit { child.kill() }

    package func url(_ rest: String = "/live", credentials: String = "") -> String {
        "rtsp://\(credentials)127.0.0.1:\(rtspPort)\(rest)"
    }

    /// What the server knows of its own fault.
    package struct Fault: Decodable, Sendable {
        package let fault: String
        /// Seconds of the wall clock: the last good frame before it, the first key frame after it.
        package let begin: Double?
        package let end: Double?
    }

    /// Begins a fault of all RTSP connections; an empty one ends it; nil only asks.
    @discardableResult
    package func control(fault: String? = nil, argument: String? = nil) throws -> Fault {
        var query = fault.map { "?fault=\($0)" } ?? ""
        if let argument { query += "&arg=\(argument)" }
        let answer = try HTTPAnswer.bytes(of: "http://127.0.0.1:\(httpPort)/control\(query)")
        return try JSONDecoder().decode(Fault.self, from: Data(answer))
    }

    /// A good frame, and when it was sent.
    package struct SentFrame: Sendable {
        /// Another one for each connection.
        package let stream: Int
        /// Counts in the order of showing, on and on.
        package let number: Int
        /// Of the wall clock.
        package let microseconds: Int64
    }

    /// The last 20,000 frames, in the order of sending.
    package func sentFrames() throws -> [SentFrame] {
        let answer = try HTTPAnswer.bytes(of: "http://127.0.0.1:\(httpPort)/sent")
        let rows = try JSONDecoder().decode([[Double]].self, from: Data(answer))
        return rows.map {
            SentFrame(stream: Int($0[0]), number: Int($0[1]), microseconds: Int64($0[2] * 1e6))
        }
    }
}
