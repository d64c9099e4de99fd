import Base
import EvidenceFormat

/// A proof that is accepted is written again byte for byte, and proves nothing under other keys.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Failure) {
        let proof = try LogProof(parsing: bytes)
        precondition(proof.encode() == bytes)
        let head = try Checkpoint(text: proof.checkpoint.text)
        // Any path and size are walked to an answer.
        _ = Merkle.verifyInclusion(
            leaf: Digest.zero, index: proof.index, size: head.size, proof: proof.path,
            root: head.root)
        do throws(Failure) {
            _ = try proof.verify(leaf: .zero, origin: head.origin, keys: [])
            preconditionFailure("a proof under no key was taken")
        } catch {
            precondition(!error.words.isEmpty)
        }
    } catch {
        precondition(error.kind == .invalid)
    }
    return 0
}
