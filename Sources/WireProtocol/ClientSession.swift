internal import Base

/// The client's side of one connection, without I/O: bytes in, events out. It knows whose turn it
/// is and what may be sent; a client that asks one thing at a time needs no more.
package struct ClientSession: Sendable {
    package enum Event: Hashable, Sendable {
        /// The input holds no whole frame any more; so many bytes would complete the next one.
        case needsMore(Int)
        /// Ranges are of the input.
        case welcome(Range<Int>)
        case challenge(Range<Int>)
        case admitted(Range<Int>)
        case item(Range<Int>)
        case reply(Range<Int>, last: Bool)
        case body(Range<Int>, last: Bool)
        /// The request ends with this; the connection goes on.
        case refused(WireError)
        /// The server ends the connection, and why.
        case ended(WireError)
        /// More may be uploaded than before.
        case credited
        /// To be sent back in a `PONG`.
        case ping(Range<Int>)
        /// Nothing new may be asked here.
        case goAway
        /// Something that this version does not know, or of a request that is over.
        case skipped
        /// What came is not the protocol.
        case violated(String)
    }

    private enum Phase { case greeting, admitting, open, ended }

    private var phase = Phase.greeting
    private var stream: UInt32 = 0
    private var isAsking = false
    private var hasReply = false
    private var serverWindow = WireLimits.windowMin
    /// What the server takes of an upload now.
    package private(set) var credit = 0
    /// What came on the stream and was not given back as credit yet.
    private var owed = 0
    package private(set) var isLeaving = false

    /// What the client takes on a stream, as its `HELLO` says.
    package static let window = 1 << 20

    package init() {}

    // MARK: Sending

    package func hello(agent: String) -> [UInt8] {
        var fields = FieldWriter()
        fields.add(.version, WireLimits.version)
        fields.add(.agent, agent)
        fields.add(.window, Int64(Self.window))
        return Self.frame(
            FrameHeader(
                .hello, payloadBytes: fields.bytes.count, code: WireLimits.helloCode,
                stream: WireLimits.helloStream), fields.bytes)
    }

    package func auth(_ fields: FieldWriter) -> [UInt8] {
        Self.frame(FrameHeader(.auth, payloadBytes: fields.bytes.count), fields.bytes)
    }

    /// After a `WELCOME`: what the server takes on each stream.
    package mutating func welcomed(serverWindow: Int) {
        self.serverWindow = min(max(serverWindow, WireLimits.windowMin), WireLimits.windowMax)
        phase = .admitting
    }

    package mutating func admitted() { phase = .open }

    /// Begins a request. False when the connection has no number left for it, or will go.
    package var canAsk: Bool { phase == .open && !isLeaving && !isAsking && stream < .max }

    package mutating func request(
        _ code: UInt16, _ fields: FieldWriter, hasBody: Bool
    ) -> [UInt8] {
        precondition(canAsk, "a connection that cannot ask was asked to")
        stream += 1
        (isAsking, hasReply, credit, owed) = (true, false, serverWindow, 0)
        return Self.frame(
            FrameHeader(
                .request, payloadBytes: fields.bytes.count, code: code, stream: stream,
                last: !hasBody), fields.bytes)
    }

    /// A piece of an upload, no longer than the credit and a frame allow.
    package mutating func data(_ piece: Span<UInt8>, last: Bool) -> [UInt8] {
        precondition(piece.count <= min(credit, FrameType.data.payloadBytesMax))
        credit -= piece.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(FrameHeader.byteCount + piece.count)
        FrameHeader(.data, payloadBytes: piece.count, stream: stream, last: last).append(to: &bytes)
        bytes.append(span: piece)
        return bytes
    }

    package static func pong(_ payload: [UInt8]) -> [UInt8] {
        frame(FrameHeader(.pong, payloadBytes: payload.count), payload)
    }

    /// Ends the request early; what is still on the way is passed over.
    package mutating func cancel() -> [UInt8] {
        isAsking = false
        return Self.frame(FrameHeader(.cancel, payloadBytes: 0, stream: stream), [])
    }

    /// Credit for what was taken, once there is enough of it to be worth a frame.
    package mutating func creditDue() -> [UInt8]? {
        guard isAsking, owed >= Self.window / 2 else { return nil }
        var count: [UInt8] = []
        count.appendBigEndian(UInt32(owed))
        owed = 0
        return Self.frame(FrameHeader(.credit, payloadBytes: 4, stream: stream), count)
    }

    private static func frame(_ header: FrameHeader, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        return bytes + payload
    }

    // MARK: Receiving

    /// The next event in `input` from `position` on, which moves behind what was used.
    package mutating func next(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        let left = input.count - position
        guard phase != .ended else {
            position = input.count
            return .needsMore(FrameHeader.byteCount)
        }
        guard left >= FrameHeader.byteCount else { return .needsMore(FrameHeader.byteCount - left) }
        let header = FrameHeader(decoding: input, at: position)
        let type = FrameType(rawValue: header.type)
        guard header.payloadBytes <= type?.payloadBytesMax ?? WireLimits.unknownBytesMax else {
            return violated("a frame of type \(header.type) is beyond its limit")
        }
        let whole = FrameHeader.byteCount + header.payloadBytes
        guard left >= whole else { return .needsMore(whole - left) }
        let payload = position + FrameHeader.byteCount..<position + whole
        position += whole
        guard let type else { return phase == .greeting ? strange() : .skipped }
        return handle(type, header, payload, input)
    }

    private mutating func handle(
        _ type: FrameType, _ header: FrameHeader, _ payload: Range<Int>, _ input: Span<UInt8>
    ) -> Event {
        switch type {
        case .welcome:
            guard phase == .greeting else { return violated("a second WELCOME") }
            return .welcome(payload)
        case .challenge:
            guard phase == .admitting else { return violated("CHALLENGE is not due now") }
            return .challenge(payload)
        case .admitted:
            guard phase == .admitting else { return violated("ADMITTED is not due now") }
            return .admitted(payload)
        case .ping: return .ping(payload)
        case .pong: return .skipped
        case .goAway:
            isLeaving = true
            return .goAway
        case .error: return error(header, input.extracting(payload))
        case .item, .reply, .data, .credit:
            guard phase == .open else { return strange() }
            guard header.stream > 0, header.stream <= stream else {
                return violated("\(type) of a request that was never made")
            }
            guard isAsking, header.stream == stream else { return .skipped }
            return answer(type, header, payload, input)
        case .hello, .auth, .request, .cancel: return violated("servers do not send \(type)")
        }
    }

    private mutating func answer(
        _ type: FrameType, _ header: FrameHeader, _ payload: Range<Int>, _ input: Span<UInt8>
    ) -> Event {
        switch type {
        case .credit:
            guard payload.count == 4 else { return violated("a CREDIT wants four bytes") }
            let count = Int(input.bigEndian(UInt32.self, at: payload.lowerBound))
            guard credit + count <= WireLimits.windowMax else {
                return violated("more credit than a window holds")
            }
            credit += count
            return .credited
        case .item:
            guard !hasReply, !header.isLast else { return violated("an ITEM after its REPLY") }
            owed += payload.count
            return .item(payload)
        case .reply:
            guard !hasReply else { return violated("a second REPLY") }
            hasReply = true
            if header.isLast { isAsking = false }
            return .reply(payload, last: header.isLast)
        default:
            guard hasReply else { return violated("DATA before its REPLY") }
            owed += payload.count
            if header.isLast { isAsking = false }
            return .body(payload, last: header.isLast)
        }
    }

    private mutating func error(_ header: FrameHeader, _ payload: Span<UInt8>) -> Event {
        let told: WireError
        do throws(WireError) {
            told = try WireError(told: Fields(payload), code: header.code)
        } catch {
            return violated("an ERROR that cannot be read")
        }
        guard header.stream == 0 else {
            guard isAsking, header.stream == stream else { return .skipped }
            isAsking = false
            return .refused(told)
        }
        phase = .ended
        return .ended(told)
    }

    private mutating func strange() -> Event {
        violated("this is no Proofreel server, or it speaks out of turn")
    }

    private mutating func violated(_ words: String) -> Event {
        phase = .ended
        return .violated(words)
    }
}

extension WireError {
    /// As a server tells it. A number of a later version counts as `.io`, with its own words.
    init(told fields: borrowing Fields, code: UInt16) {
        self.init(Code(rawValue: code) ?? .io, fields.text(.words) ?? fields.text(.word) ?? "")
        retryMilliseconds = fields.int(.retryMilliseconds)
        details = fields.text(.details)
    }
}
