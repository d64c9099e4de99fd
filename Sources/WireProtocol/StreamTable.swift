/// The streams of one connection: who may still send what.
struct StreamTable: Sendable {
    struct Stream: Sendable {
        /// Bytes that we may send before they give more credit.
        var sendCredit: Int
        /// Bytes that they may send before we give more.
        var receiveCredit: Int
        var theyEnded = false
    }

    private(set) var open: [UInt32: Stream] = [:]
    /// Streams only grow, so a late frame of one that has ended is told from a wrong one.
    private(set) var newest: UInt32 = 0

    subscript(stream: UInt32) -> Stream? { open[stream] }
    var count: Int { open.count }

    mutating func begin(_ stream: UInt32, send: Int, receive: Int) {
        newest = stream
        open[stream] = Stream(sendCredit: send, receiveCredit: receive)
    }

    /// Whether a frame of this stream came too late and is to be passed over.
    func hasEnded(_ stream: UInt32) -> Bool {
        stream > 0 && stream <= newest && open[stream] == nil
    }

    /// Their side of it is complete; ours ends with `remove`.
    mutating func theyEnded(_ stream: UInt32) { open[stream]?.theyEnded = true }

    mutating func remove(_ stream: UInt32) { open[stream] = nil }

    /// False when they sent more than they had credit for.
    mutating func received(_ count: Int, on stream: UInt32) -> Bool {
        guard let credit = open[stream]?.receiveCredit, credit >= count else { return false }
        open[stream]?.receiveCredit = credit - count
        return true
    }

    mutating func weGave(_ count: Int, on stream: UInt32) {
        open[stream]?.receiveCredit += count
    }

    mutating func theyGave(_ count: Int, on stream: UInt32, max: Int) -> Bool {
        guard let credit = open[stream]?.sendCredit else { return true }
        guard credit + count <= max else { return false }
        open[stream]?.sendCredit = credit + count
        return true
    }

    func credit(of stream: UInt32) -> Int { open[stream]?.sendCredit ?? 0 }

    mutating func spend(_ count: Int, on stream: UInt32) {
        open[stream]?.sendCredit -= count
    }
}
