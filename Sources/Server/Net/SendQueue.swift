internal import Base
internal import Linux
internal import WireProtocol

/// What waits to be written to one socket, in order. Small frames share one stretch of memory, so
/// that many answers cost one call.
struct SendQueue: Sendable {
    private enum Piece: Sendable {
        case bytes([UInt8], Range<Int>)
        case slice(FileSlice)
    }

    private static let shareMax = 64 << 10

    private var pieces: [Piece] = []
    private var first = 0
    /// The end of the queue, to which small frames are still added.
    private var tail: [UInt8] = []
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }

    mutating func add(_ header: FrameHeader, _ payload: [UInt8]) {
        header.append(to: &tail)
        tail += payload
        byteCount += FrameHeader.byteCount + payload.count
        if tail.count >= Self.shareMax { cutTail() }
    }

    mutating func add(_ bytes: [UInt8]) {
        tail += bytes
        byteCount += bytes.count
    }

    mutating func add(bytes: [UInt8], _ range: Range<Int>) {
        cutTail()
        pieces.append(.bytes(bytes, range))
        byteCount += range.count
    }

    mutating func add(_ slice: FileSlice) {
        cutTail()
        pieces.append(.slice(slice))
        byteCount += slice.count
    }

    private mutating func cutTail() {
        guard !tail.isEmpty else { return }
        pieces.append(.bytes(tail, 0..<tail.count))
        tail = []
    }

    /// Writes as much as the socket takes. `.ended` also when a file is shorter than what was
    /// promised of it: the frame cannot be completed any more.
    mutating func flush(to transport: Transport) -> StreamSocket.Progress {
        cutTail()
        var done = 0
        var isHeld = false
        defer { if isHeld { transport.holdPackets(false) } }
        while first < pieces.count {
            let progress: StreamSocket.Progress
            switch pieces[first] {
            case .bytes(let bytes, let range):
                let more = first + 1 < pieces.count
                progress = transport.write(bytes.span.extracting(range), more: more)
            case .slice(let slice):
                if !isHeld {
                    transport.holdPackets(true)
                    isHeld = true
                }
                progress = transport.write(slice)
            }
            guard case .done(let count) = progress else {
                return progress == .blocked && done > 0 ? .done(done) : progress
            }
            guard count > 0 else { return .ended }
            done += count
            advance(by: count)
        }
        pieces.removeAll(keepingCapacity: pieces.count <= 8)
        first = 0
        return .done(done)
    }

    private mutating func advance(by count: Int) {
        byteCount -= count
        switch pieces[first] {
        case .bytes(let bytes, let range):
            if count == range.count {
                first += 1
            } else {
                pieces[first] = .bytes(bytes, range.lowerBound + count..<range.upperBound)
            }
        case .slice(var slice):
            slice.advance(by: count)
            if slice.count == 0 { first += 1 } else { pieces[first] = .slice(slice) }
        }
    }
}
