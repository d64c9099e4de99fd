internal import Linux

/// What the gateway has answered, for `/metrics`. Any thread.
final class Tally: Sendable {
    struct Counts: Sendable {
        /// By status.
        var answers: [Int: UInt64] = [:]
        /// By the word of the error.
        var refusals: [String: UInt64] = [:]
    }

    private let state = Monitor(Counts())

    var counts: Counts { state.withLock { $0 } }

    func count(_ status: Int, refusal: String?) {
        state.withLock { counts in
            counts.answers[status, default: 0] += 1
            if let refusal { counts.refusals[refusal, default: 0] += 1 }
        }
    }
}
