internal import Anchors
internal import Base
internal import EvidenceFormat
internal import Evidence

/// What witnesses say at the start, before anything is signed: an older copy must not go on.
struct WitnessMemory {
    private let directory: DataDirectory
    private let console: Console

    init(_ directory: DataDirectory, _ console: Console) {
        self.directory = directory
        self.console = console
    }

    /// A witness that cannot be asked holds nothing up; it will refuse what does not continue what
    /// it saw.
    func notes() throws(Failure) -> [SignedNote] {
        let sources = try AnchorBook(dataDirectory: directory.path).all
        let witnesses = sources.compactMap { WitnessInquiry($0) }
        guard !witnesses.isEmpty else { return [] }
        let identity = try directory.keys.openPublic()
        var notes: [SignedNote] = []
        for witness in witnesses {
            do throws(Failure) {
                if let note = try witness.last(origin: identity.origin, identity.keySet) {
                    notes.append(note)
                }
            } catch {
                console.note("a witness was not asked before the start: \(error.words)")
            }
        }
        return notes
    }
}
