import Base
import WireProtocol

/// What a server may send, after a first byte that says in which pieces it comes, to a client that
/// asks again as soon as it may: the session ends in events or in a violation, and takes no more
/// credit than a window.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let piece = max(1, Int(first))
    var session = ClientSession()
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
            case .violated, .ended: return 0
            case .welcome(let range):
                look(input, range)
                session.welcomed(serverWindow: range.count)
            case .admitted(let range):
                look(input, range)
                session.admitted()
            case .challenge(let range), .item(let range), .reply(let range, _): look(input, range)
            case .body(let range, _), .ping(let range): precondition(range.upperBound <= position)
            case .refused, .credited, .goAway, .skipped: break
            }
            precondition(position >= before && position <= input.count)
            precondition(session.credit <= WireLimits.windowMax)
            _ = session.creditDue()
            if session.canAsk { _ = session.request(0x31, FieldWriter(), hasBody: false) }
        }
        begun = Array(input[position...])
    }
    return 0
}

private func look(_ input: [UInt8], _ range: Range<Int>) {
    guard let fields = try? Fields(input.span.extracting(range)) else { return }
    for key in FieldKey.allCases { _ = fields.has(key) }
}
