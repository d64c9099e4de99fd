import Base
import WireProtocol

/// What a client may send, after a first byte that says in which pieces it comes: the session ends
/// in events or in a violation, and fields are read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let piece = max(1, Int(first))
    var session = ServerSession()
    var begun: [UInt8] = []
    var at = 1
    while at < bytes.count {
        let next = min(at + piece, bytes.count)
        begun += bytes[at..<next]
        at = next
        let input = begun
        var position = 0
        loop: while true {
            let before = position
            switch session.next(input.span, &position) {
            case .needsMore(let missing):
                precondition(missing > 0)
                break loop
            case .violated: return 0
            case .hello(let range):
                look(input, range)
                session.greeted(clientWindow: 1 << 16)
            case .auth(let range):
                look(input, range)
                session.admitted()
            case .request(let stream, _, let range, _):
                look(input, range)
                if stream % 3 == 0 { session.answered(stream) }
            case .body(let stream, let range, _):
                precondition(range.upperBound <= position)
                session.gave(range.count, on: stream)
            case .ping(let range): precondition(range.upperBound <= position)
            case .cancelled, .credited, .goAway, .refused, .skipped: break
            }
            precondition(position >= before && position <= input.count)
            precondition(session.streamCount <= WireLimits.streamsMax)
        }
        begun = Array(input[position...])
    }
    return 0
}

private func look(_ input: [UInt8], _ range: Range<Int>) {
    guard let fields = try? Fields(input.span.extracting(range)) else { return }
    for key in FieldKey.allCases {
        _ = fields.has(key)
        switch FieldShape(key: key.rawValue) {
        case .text, .json: _ = fields.texts(key)
        case .integer: _ = fields.ints(key)
        case .bytes, .flag, .unknown: _ = fields.bytes(key)
        }
    }
}
