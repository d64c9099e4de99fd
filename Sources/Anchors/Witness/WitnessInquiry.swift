package import Base
package import EvidenceFormat
internal import Linux

/// What a witness remembers of a log, asked before the log goes on: a larger tree than ours means
/// that this is an older copy. Only witnesses of ours (`proofreel witness`) tell.
package struct WitnessInquiry {
    package static let seconds = 3

    private let source: AnchorSource

    /// Nil for what is no witness, or cannot be asked.
    package init?(_ source: AnchorSource) {
        guard case .witness = source.way, !source.isCarried else { return nil }
        self.source = source
    }

    /// Signed by this log and by the witness; nil when it says nothing of this log.
    package func last(origin: String, _ keySet: KeySet) throws(Failure) -> SignedNote? {
        guard case .witness(let key) = source.way else { return nil }
        let client = WitnessClient(
            url: source.url, key: key, inquiry: Inquiry(stop: StopSignal()))
        guard let note = try client.last(origin: origin, seconds: Self.seconds) else { return nil }
        _ = try keySet.open(note)
        return note
    }
}
