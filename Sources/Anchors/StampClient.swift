internal import Base
internal import Crypto
internal import EvidenceFormat
internal import HTTPClient
internal import TimeStamp

/// Has a checkpoint stamped by a time-stamping authority (RFC 3161 over HTTP).
struct StampClient {
    let url: String
    let authority: Certificates
    let policy: String?
    let inquiry: Inquiry

    /// The reply, checked against the pinned authority.
    func stamp(_ note: SignedNote) throws(Failure) -> TimeStampReply {
        let request = try TimeStampRequest(
            imprint: SHA256.hash(note.encode().span), policy: policy,
            nonce: nonce(randomBytes(TimeStampRequest.nonceByteCount)))
        let answer = try inquiry.post(
            try request.encode(), mime: TimeStampRequest.mime, accepting: TimeStampReply.mime,
            to: url)
        guard (200...299).contains(answer.status) else {
            throw Failure(.io, "\(url) answers with status \(answer.status): \(answer.words)")
        }
        do throws(TimeStampFailure) {
            let reply = try TimeStampReply(answer.body)
            try reply.verify(request, pinned: authority)
            return reply
        } catch {
            throw error.failure
        }
    }

    /// Without leading zeros or a sign, which DER would not give back as they were.
    private func nonce(_ random: [UInt8]) -> [UInt8] {
        var bytes = random
        bytes[0] = bytes[0] & 0x7F | 0x01
        return bytes
    }

    /// Which certificates were taken back, by those who say so in the certificates themselves.
    func revocations(_ reply: TimeStampReply) -> [UInt8]? {
        guard let url = reply.certificates.revocationURL else { return nil }
        do throws(Failure) {
            let answer = try inquiry.fetch(url)
            let chain = authority.adding(reply.certificates)
            guard answer.status == 200, chain.signed(revocations: answer.body) else { return nil }
            return answer.body
        } catch {
            // The time stamp counts without it; `status` shows which have none.
            return nil
        }
    }
}
