internal import Base

/// The server's side of one connection, without I/O: bytes in, events out. It knows who may speak
/// now, which streams there are and what each may still send; what a request means, it does not.
///
/// A frame is an event only when it is whole, except for `DATA`, whose bytes are passed on as they
/// come, so that a connection needs no more memory than its longest request.
package struct ServerSession: Sendable {
    package enum Event: Hashable, Sendable {
        /// The input holds no whole frame any more; so many bytes would complete the next one.
        case needsMore(Int)
        /// Ranges are of the input.
        case hello(Range<Int>)
        case auth(Range<Int>)
        case request(stream: UInt32, code: UInt16, Range<Int>, last: Bool)
        case body(stream: UInt32, Range<Int>, last: Bool)
        case cancelled(stream: UInt32)
        /// More may be sent on the stream than before.
        case credited(stream: UInt32)
        /// To be sent back in a `PONG`.
        case ping(Range<Int>)
        /// The client will ask nothing more.
        case goAway
        /// Something that this version does not know, or that came too late.
        case skipped
        /// Said on a stream, which ends with it; the connection goes on.
        case refused(stream: UInt32, WireError)
        /// The connection ends with this.
        case violated(WireError)
    }

    private enum Phase { case greeting, admitting, open, ended }

    private var phase = Phase.greeting
    private var streams = StreamTable()
    private var isLeaving = false
    /// Of a `DATA` frame that has begun: what is still to come.
    private var dataLeft = 0
    private var data = FrameHeader(.data, payloadBytes: 0)
    /// Of a frame that nobody wants: bytes to pass over.
    private var skipLeft = 0
    /// What each side may send on a new stream.
    private let receiveWindow: Int
    private var sendWindow = WireLimits.windowDefault

    package init(receiveWindow: Int = WireLimits.windowDefault) {
        self.receiveWindow = receiveWindow
    }

    package var streamCount: Int { streams.count }

    /// After `hello`: what the client takes on each stream.
    package mutating func greeted(clientWindow: Int) {
        sendWindow = min(max(clientWindow, WireLimits.windowMin), WireLimits.windowMax)
        phase = .admitting
    }

    package mutating func admitted() { phase = .open }

    // MARK: Sending

    package func credit(of stream: UInt32) -> Int { streams.credit(of: stream) }
    package func isOpen(_ stream: UInt32) -> Bool { streams[stream] != nil }
    package mutating func spend(_ count: Int, on stream: UInt32) {
        streams.spend(count, on: stream)
    }
    /// The answer on this stream is complete. What the client still sends there is passed over.
    package mutating func answered(_ stream: UInt32) { streams.remove(stream) }
    /// Credit that goes out in a `CREDIT` frame.
    package mutating func gave(_ count: Int, on stream: UInt32) {
        streams.weGave(count, on: stream)
    }

    // MARK: Receiving

    /// The next event in `input` from `position` on, which moves behind what was used.
    package mutating func next(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        if skipLeft > 0 { return skip(input, &position) }
        if dataLeft > 0 { return body(input, &position) }
        let left = input.count - position
        guard phase != .ended else {
            position = input.count
            return .needsMore(FrameHeader.byteCount)
        }
        guard left >= FrameHeader.byteCount else { return .needsMore(FrameHeader.byteCount - left) }
        let header = FrameHeader(decoding: input, at: position)
        if phase == .greeting, let error = strange(header) { return violated(error) }
        guard let type = FrameType(rawValue: header.type) else {
            guard header.payloadBytes <= WireLimits.unknownBytesMax else {
                return violated(tooLarge(header))
            }
            position += FrameHeader.byteCount
            skipLeft = header.payloadBytes
            return .skipped
        }
        guard header.payloadBytes <= type.payloadBytesMax else { return violated(tooLarge(header)) }
        if type == .data {
            position += FrameHeader.byteCount
            return begin(header)
        }
        let whole = FrameHeader.byteCount + header.payloadBytes
        guard left >= whole else { return .needsMore(whole - left) }
        let payload = position + FrameHeader.byteCount..<position + whole
        position += whole
        return handle(type, header, payload, input)
    }

    private mutating func handle(
        _ type: FrameType, _ header: FrameHeader, _ payload: Range<Int>, _ input: Span<UInt8>
    ) -> Event {
        switch type {
        case .hello:
            guard phase == .greeting else { return violated("a second HELLO") }
            return .hello(payload)
        case .auth:
            guard phase == .admitting else { return violated("AUTH is not due now") }
            return .auth(payload)
        case .ping: return .ping(payload)
        case .pong: return .skipped
        case .goAway:
            isLeaving = true
            return .goAway
        case .request: return request(header, payload)
        case .credit:
            guard payload.count == 4 else { return violated("a CREDIT wants four bytes") }
            guard isKnown(header.stream) else { return violated("CREDIT of a stream never begun") }
            let count = Int(input.bigEndian(UInt32.self, at: payload.lowerBound))
            guard
                streams.theyGave(
                    count, on: header.stream, max: WireLimits.windowMax)
            else { return violated("more credit than a window holds") }
            return streams[header.stream] == nil ? .skipped : .credited(stream: header.stream)
        case .cancel:
            guard isKnown(header.stream) else { return violated("CANCEL of a stream never begun") }
            guard streams[header.stream] != nil else { return .skipped }
            streams.remove(header.stream)
            return .cancelled(stream: header.stream)
        case .data, .welcome, .challenge, .admitted, .reply, .item, .error:
            return violated("clients do not send \(type)")
        }
    }

    /// Open, or ended: frames may cross.
    private func isKnown(_ stream: UInt32) -> Bool {
        streams[stream] != nil || streams.hasEnded(stream)
    }

    private mutating func request(_ header: FrameHeader, _ payload: Range<Int>) -> Event {
        guard phase == .open else {
            return violated(
                WireError(.notAdmitted, "log in first: HELLO, AUTH, then requests"))
        }
        guard !isLeaving else { return violated("a REQUEST after GOAWAY") }
        let stream = header.stream
        guard stream > streams.newest else {
            return violated("streams count upwards; \(stream) comes after \(streams.newest)")
        }
        let isFull = streams.count >= WireLimits.streamsMax
        streams.begin(stream, send: sendWindow, receive: receiveWindow)
        if header.isLast { streams.theyEnded(stream) }
        if isFull {
            streams.remove(stream)
            return .refused(
                stream: stream,
                WireError(
                    .tooMany,
                    "more than \(WireLimits.streamsMax) requests at a time; wait for an answer"))
        }
        return .request(stream: stream, code: header.code, payload, last: header.isLast)
    }

    // MARK: Bodies

    private mutating func begin(_ header: FrameHeader) -> Event {
        guard phase == .open else { return violated("DATA before the log-in") }
        if streams.hasEnded(header.stream) {
            skipLeft = header.payloadBytes
            return .skipped
        }
        guard let stream = streams[header.stream], !stream.theyEnded else {
            return violated("DATA of a stream that has none")
        }
        guard streams.received(header.payloadBytes, on: header.stream) else {
            return violated("more DATA than there was credit for")
        }
        data = header
        dataLeft = header.payloadBytes
        if header.payloadBytes == 0 {
            if header.isLast { streams.theyEnded(header.stream) }
            return .body(stream: header.stream, 0..<0, last: header.isLast)
        }
        return .skipped
    }

    private mutating func body(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        let count = min(dataLeft, input.count - position)
        guard count > 0 else { return .needsMore(dataLeft) }
        let range = position..<position + count
        position += count
        dataLeft -= count
        guard streams[data.stream] != nil else { return .skipped }
        let isLast = data.isLast && dataLeft == 0
        if isLast { streams.theyEnded(data.stream) }
        return .body(stream: data.stream, range, last: isLast)
    }

    private mutating func skip(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        let count = min(skipLeft, input.count - position)
        guard count > 0 else { return .needsMore(skipLeft) }
        position += count
        skipLeft -= count
        return .skipped
    }

    // MARK: Violations

    /// The first frame tells a client of ours from a browser or a scanner.
    private func strange(_ header: FrameHeader) -> WireError? {
        if header.type == FrameType.hello.rawValue, header.code == WireLimits.helloCode,
            header.stream == WireLimits.helloStream
        {
            return nil
        }
        return WireError(
            .protocolViolation,
            "this port speaks Proofreel's binary protocol, and begins with HELLO")
    }

    private mutating func violated(_ words: String) -> Event {
        violated(WireError(.protocolViolation, words))
    }

    private mutating func violated(_ error: WireError) -> Event {
        phase = .ended
        return .violated(error)
    }

    private func tooLarge(_ header: FrameHeader) -> WireError {
        WireError(
            .tooLarge,
            "a frame of type \(header.type) with \(header.payloadBytes) bytes is beyond its limit")
    }
}
