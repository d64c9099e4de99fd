internal import HTTPD
internal import Recorder

/// A camera's fragments as one MP4 that goes on: its beginning once, then each fragment as it is
/// stored. Ends when the camera sends another format, for which a player has to begin anew.
final class FragmentStream: HTTPStream, @unchecked Sendable {
    private let viewer: Viewer
    private var format: UInt64?
    /// Counts of the hub: one that is missing was not taken in time.
    private var number: UInt64?

    init(_ viewer: Viewer) { self.viewer = viewer }

    func next() -> HTTPPiece {
        switch viewer.next() {
        case .end: return .end
        case .wait: return .wait
        case .piece(let piece):
            if let format, format != piece.format { return .end }
            let follows = number.map { $0 + 1 == piece.number } ?? false
            // After what was missed, a decoder can go on at a key frame only.
            guard follows || piece.beginsWithKey else {
                number = nil
                return .parts([])
            }
            number = piece.number
            defer { format = piece.format }
            return .parts((format == nil ? [piece.head[...]] : []) + [piece.bytes[...]])
        }
    }
}
