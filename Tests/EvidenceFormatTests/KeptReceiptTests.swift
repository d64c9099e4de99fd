import Base
import Crypto
import EvidenceFormat
import Testing

/// Receipts as databases give them back.
@Suite struct KeptReceiptTests {
    private let leaf = #"{"a":"é","kind":"x"}"#

    private func proof() throws -> LogProof {
        let signer = try NoteSigner(
            name: "log.test/e1", key: SigningKey(seed: [UInt8](repeating: 2, count: 32)))
        let root = Merkle.leafHash(Array(leaf.utf8).span)
        let note = Checkpoint(origin: "log.test/e1", size: 1, root: root).signed(by: [signer])
        return LogProof(index: 0, path: [], checkpoint: note)
    }

    private func document(index: Int64 = 0, inside: Bool) throws -> String {
        let receipt = JSON.object(
            JSONObject([
                ("index", .int(index)), ("leaf", .string(leaf)),
                ("proof", .string(String(decoding: try proof().encode(), as: UTF8.self))),
            ]))
        let whole =
            inside
            ? JSON.object(JSONObject([("id", .string("1")), ("receipt", receipt)])) : receipt
        return String(decoding: whole.encode(), as: UTF8.self)
    }

    @Test func `a proof, a receipt and a whole answer are all receipts`() throws {
        let proof = try proof()
        let text = String(decoding: proof.encode(), as: UTF8.self)
        let alone = try KeptReceipt(parsing: Array(text.utf8))
        #expect(alone.proof == proof && alone.leaf == nil)
        for inside in [true, false] {
            let kept = try KeptReceipt(parsing: Array(try document(inside: inside).utf8))
            #expect(kept.proof == proof && kept.leaf == Array(leaf.utf8))
        }
    }

    @Test func `a text field's line ends and blanks do not matter`() throws {
        let proof = try proof()
        let text = String(decoding: proof.encode(), as: UTF8.self)
        for field in [
            text.replacing("\n", with: "\r\n"), "\n  " + text, String(text.dropLast()),
            text + "\n\n ", "\r\n" + text + "\r\n", "  " + (try document(inside: true)) + "\r\n",
        ] {
            #expect(try KeptReceipt(parsing: Array(field.utf8)).proof == proof)
        }
    }

    @Test func `what is no receipt is refused`() throws {
        for bad in [
            "", " ", "{}", #"{"receipt":{}}"#, #"{"proof":"x"}"#, "[]", "hello",
            try document(index: 1, inside: true), try document(index: -1, inside: false),
        ] {
            #expect(throws: Failure.self, "\(bad)") { try KeptReceipt(parsing: Array(bad.utf8)) }
        }
        #expect(throws: Failure.self) { try KeptReceipt(parsing: [0xFF]) }
    }
}
