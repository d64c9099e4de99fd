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

    init(_ answer: Answer, stream: UInt32, code: UInt16) {
        self.stream = stream
        self.code = code
        items = answer.items[...]
        reply = answer.reply.bytes
        body = answer.body
        bodyCount = answer.body.count
    }

    var isFinished: Bool { reply == nil && sent == bodyCount }

    /// Puts the next pieces into the queue: items while there is credit (the last one may take more
    /// than is left, for an item cannot be cut), the reply, then at most one frame of the body.
    /// Returns the credit it used; none while it is not finished means that the client has to give
    /// more first.
    mutating func emit(into queue: inout SendQueue, credit: Int) -> Int {
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
                    last: bodyCount == 0), reply)
        }
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
}
