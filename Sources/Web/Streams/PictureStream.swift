internal import Base
internal import FragmentFormat
internal import HTTPD
internal import Linux
internal import Recorder

/// A camera's frames as `multipart/x-mixed-replace`, each with its length and one end marker.
final class PictureStream: HTTPStream {
    static let boundary = "proofreel-frame"
    static let type = "multipart/x-mixed-replace; boundary=\(boundary)"

    private let viewer: Viewer

    init(_ viewer: Viewer) { self.viewer = viewer }

    func next() -> HTTPPiece {
        switch viewer.next() {
        case .end: return .end
        case .wait: return .wait
        case .piece(let piece):
            guard let cut = viewer.site.cuts.parts(of: piece, camera: viewer.camera) else {
                // Not whole, so no picture; the next one is.
                return .parts([])
            }
            let count = cut.reduce(0) { $0 + $1.count }
            let head =
                "--\(Self.boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(count)\r\n"
                + "Proofreel-Instant: \(piece.instant)\r\n\r\n"
            return .parts(
                [Array(head.utf8)[...]] + cut.map { piece.bytes[$0] } + [[0x0D, 0x0A]])
        }
    }
}

/// Where the newest frame of each camera is cut: found once for all who look at it.
final class FrameCuts: Sendable {
    private static let camerasMax = 256

    private struct Cut {
        let instant: WallTime
        let parts: [Range<Int>]?
    }

    private let state = Monitor<[String: Cut]>([:])

    func parts(of piece: LivePiece, camera: String) -> [Range<Int>]? {
        let known = state.withLock { $0[camera] }
        if let known, known.instant == piece.instant { return known.parts }
        let parts = JPEGView.parts(piece.bytes.span)
        state.withLock { state in
            if state.count >= Self.camerasMax, state[camera] == nil { state = [:] }
            state[camera] = Cut(instant: piece.instant, parts: parts)
        }
        return parts
    }
}
