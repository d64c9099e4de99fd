internal import FragmentFormat
internal import HTTPD
internal import Recorder

/// A camera's fragments as one MP4 that goes on: its beginning once, then each fragment as it is
/// stored, but for its number and its time. They count from the viewer's first fragment on, because
/// players begin at zero and would wait for a camera that has run for days. Ends when the camera
/// sends another format, for which a player has to begin anew.
final class FragmentStream: HTTPStream, @unchecked Sendable {
    private let viewer: Viewer
    private var format: UInt64?
    /// Counts of the hub: one that is missing was not taken in time.
    private var number: UInt64?
    /// Of the first fragment: when its first frame is decoded.
    private var start: Int64 = 0
    private var count: UInt32 = 0

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
            guard let (head, length) = FragmentHead.parse(piece.bytes.span) else { return .end }
            number = piece.number
            let first = format == nil ? [piece.head[...]] : []
            if format == nil { start = head.samples.first?.decode ?? 0 }
            format = piece.format
            return .parts(first + [moved(head)[...], piece.bytes[length...]])
        }
    }

    /// The same head, later in the viewer's film.
    private func moved(_ head: FragmentHead) -> [UInt8] {
        count += 1
        let samples = head.samples.map { sample in
            var sample = sample
            sample.decode &-= start
            return sample
        }
        return FragmentHead(
            sequence: count, samples: samples, lastDuration: head.lastDuration, clock: head.clock
        ).encode()
    }
}
