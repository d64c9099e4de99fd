internal import Base
internal import Linux
internal import Recorder
internal import WireProtocol

/// A camera's frames as a body without an end: before each stands a message of fields with its
/// length in four bytes.
final class LiveFeed: Feed {
    private let seat: LiveSeat
    private let mime: String
    private let format = Monitor<UInt64?>(nil)

    init(_ seat: LiveSeat, mime: String) {
        self.seat = seat
        self.mime = mime
    }

    func next() throws(WireError) -> FeedPart? {
        let taken: (piece: LivePiece, dropped: Int)?
        do throws(Failure) {
            taken = try seat.take()
        } catch {
            throw WireError(error)
        }
        guard let (piece, dropped) = taken else { return nil }
        let isNew = format.withLock { format in
            defer { format = piece.format }
            return format != piece.format
        }
        let head = isNew ? piece.head : []
        var fields = FieldWriter()
        fields.add(.instant, piece.instant.microseconds)
        fields.add(.sequence, Int64(clamping: piece.number))
        fields.add(.dropped, Int64(dropped))
        fields.add(.mime, mime)
        fields.add(.size, Int64(head.count + piece.bytes.count))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + fields.bytes.count + head.count + piece.bytes.count)
        bytes.appendBigEndian(UInt32(fields.bytes.count))
        return .bytes(bytes + fields.bytes + head + piece.bytes)
    }
}
