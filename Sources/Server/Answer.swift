internal import Base
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

/// What a request is answered with: items, then a reply, then the bytes of a body.
struct Answer: Sendable {
    enum Body: Sendable {
        case none
        /// Sent from the file as it is.
        case slice(FileSlice)
        case bytes([UInt8])

        var count: Int {
            switch self {
            case .none: 0
            case .slice(let slice): slice.count
            case .bytes(let bytes): bytes.count
            }
        }
    }

    var items: [[UInt8]] = []
    var reply = FieldWriter()
    var body = Body.none
    /// What comes later: a body whose end is not known yet; with `feedsItems`, items before a
    /// reply.
    var feed: (any Feed)?
    var feedsItems = false
    var feedRight: FeedRight?

    mutating func add(item fields: FieldWriter) { items.append(fields.bytes) }

    mutating func add(document json: JSON) {
        let text = json.encode()
        var item = FieldWriter(capacity: text.count + 4)
        item.add(.document, text)
        items.append(item.bytes)
    }
}

/// An answer on its way: as much of it goes out as the stream has credit for, in turns with the
/// other streams of the connection.
struct Outgoing: Sendable {
    let stream: UInt32
    let code: UInt16
    private var items: ArraySlice<[UInt8]>
    private var reply: [UInt8]?
    private var body: Answer.Body
    private var sent = 0
    private let bodyCount: Int
    private var feed: (any Feed)?
    private let feedRight: FeedRight?
    /// Of the feed: what is not sent yet.
    private var piece: [UInt8] = []
    private var pieceSent = 0

    init(_ answer: Answer, stream: UInt32, code: UInt16) {
        self.stream = stream
        self.code = code
        items = answer.items[...]
        // A feed of items has its reply at the end, which does not come.
        reply = answer.feedsItems ? nil : answer.reply.bytes
        feed = answer.feed
        feedRight = answer.feedRight
        body = answer.body
        bodyCount = answer.body.count
    }

    var isFinished: Bool { reply == nil && sent == bodyCount && feed == nil }
    var isLasting: Bool { feed != nil }

    /// Throws when the caller may not have what would come next.
    func requireRight(of caller: Caller) throws(Failure) { try feedRight?(caller) }

    /// Puts the next pieces into the queue: items while there is credit (the last one may take more
    /// than is left, for an item cannot be cut), the reply, then at most one frame of the body.
    /// Returns the credit it used; none while it is not finished means that the client has to give
    /// more first. Throws when a feed has ended.
    mutating func emit(into queue: inout SendQueue, credit: Int) throws(WireError) -> Int {
        var used = 0
        while let item = items.first {
            guard used < credit else { return used }
            used += item.count
            items.removeFirst()
            queue.add(
                FrameHeader(.item, payloadBytes: item.count, code: code, stream: stream), item)
        }
        if let reply {
            self.reply = nil
            queue.add(
                FrameHeader(
                    .reply, payloadBytes: reply.count, code: code, stream: stream,
                    last: bodyCount == 0 && feed == nil), reply)
        }
        if let feed { return try used + emit(feed, into: &queue, credit: credit - used) }
        let count = min(bodyCount - sent, credit - used, FrameType.data.payloadBytesMax)
        guard count > 0 else { return used }
        let isLast = sent + count == bodyCount
        queue.add(
            FrameHeader(.data, payloadBytes: count, code: 0, stream: stream, last: isLast), [])
        switch body {
        case .none: break
        case .slice(let slice): queue.add(slice.part(from: sent, count: count))
        case .bytes(let bytes): queue.add(bytes: bytes, sent..<sent + count)
        }
        sent += count
        return used + count
    }

    /// As much of a feed as there is credit and a turn for.
    private mutating func emit(
        _ feed: any Feed, into queue: inout SendQueue, credit: Int
    ) throws(WireError) -> Int {
        guard credit > 0 else { return 0 }
        if pieceSent == piece.count {
            switch try feed.next() {
            case nil: return 0
            case .item(let item):
                queue.add(
                    FrameHeader(.item, payloadBytes: item.count, code: code, stream: stream), item)
                return item.count
            case .bytes(let bytes): (piece, pieceSent) = (bytes, 0)
            case .end:
                self.feed = nil
                queue.add(FrameHeader(.data, payloadBytes: 0, stream: stream, last: true), [])
                return 0
            }
        }
        let count = min(piece.count - pieceSent, credit, FrameType.data.payloadBytesMax)
        queue.add(FrameHeader(.data, payloadBytes: count, stream: stream), [])
        queue.add(bytes: piece, pieceSent..<pieceSent + count)
        pieceSent += count
        if pieceSent == piece.count { (piece, pieceSent) = ([], 0) }
        return count
    }
}
