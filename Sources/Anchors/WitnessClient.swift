internal import Base
internal import EvidenceFormat
internal import Crypto
internal import HTTPClient

/// Has a checkpoint cosigned by a witness (C2SP tlog-witness).
struct WitnessClient {
    enum Answer {
        case cosigned(SignedNote, WallTime)
        /// It saw a tree of this size last.
        case conflict(UInt64)
        case inconsistent(String)
    }

    let url: String
    let key: CosignerKey
    let inquiry: Inquiry

    func add(_ request: AddCheckpoint) throws(Failure) -> Answer {
        let answer = try inquiry.post(
            request.encode(), mime: "text/plain", to: "\(base)/add-checkpoint")
        switch answer.status {
        case 200: return try cosigned(request.note, answer.body)
        case 409:
            let text = String(decoding: answer.body, as: UTF8.self)
            guard text.hasSuffix("\n"), let size = UInt64(text.dropLast()), size <= Merkle.sizeMax
            else { throw Failure(.io, "the witness at \(url) does not say which size it saw") }
            return .conflict(size)
        case 422: return .inconsistent(answer.words)
        case 404:
            throw Failure(
                .refused,
                "the witness at \(url) does not know this log; add its key to the witness's list"
                    + " (proofreel key show)")
        case 403:
            throw Failure(
                .refused,
                "the witness at \(url) does not know the key that signs this log now; add it to the"
                    + " witness's list (proofreel key show)")
        default:
            throw Failure(
                .io, "the witness at \(url) answers with status \(answer.status): \(answer.words)")
        }
    }

    private var base: String { url.hasSuffix("/") ? String(url.dropLast()) : url }

    private func cosigned(_ note: SignedNote, _ lines: [UInt8]) throws(Failure) -> Answer {
        let whole = try SignedNote(parsing: note.encode() + lines)
        guard let time = try key.time(on: whole) else {
            throw Failure(
                .refused,
                "what answers at \(url) is another witness than the one whose key was given")
        }
        var kept = note
        for line in whole.signatures.dropFirst(note.signatures.count)
        where line.keyID == key.id && line.name == key.name {
            kept = kept.adding(line)
        }
        return .cosigned(kept, time)
    }

    /// What it cosigned last, where it is one of ours (`proofreel witness`); nil when it says
    /// nothing of this log.
    func last(origin: String, seconds: Int) throws(Failure) -> SignedNote? {
        let name = SHA256.hash(Array(origin.utf8).span).hex
        let answer = try inquiry.fetch("\(base)/checkpoint/\(name)", seconds: seconds)
        guard answer.status == 200 else { return nil }
        let note = try SignedNote(parsing: answer.body)
        return try key.time(on: note) == nil ? nil : note
    }
}
