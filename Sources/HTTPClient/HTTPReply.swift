internal import Base

/// A whole answer, kept in memory: bounded by the limits of the client.
package struct HTTPReply: Sendable {
    package let head: HTTPHead
    package let body: [UInt8]

    package var status: Int { head.status }

    /// The beginning of what it says, for people: one line, nothing unprintable.
    package var words: String {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return String(text.prefix { $0 != "\n" && $0 != "\r\n" }.filter { $0 >= " " })
    }
}

/// Keeps the body, and ends when whoever waits for it is told to.
final class ReplyKeeper: HTTPReceiver {
    private(set) var bytes: [UInt8] = []
    private let stop: (any HTTPReceiver)?

    init(until stop: (any HTTPReceiver)?) { self.stop = stop }

    var wakeDescriptor: Int32? { stop?.wakeDescriptor }

    func answered(_ head: HTTPHead) throws(Failure) {}
    func received(_ bytes: Span<UInt8>) throws(Failure) { self.bytes.append(span: bytes) }
    func checkpoint() throws(Failure) { try stop?.checkpoint() }
}
