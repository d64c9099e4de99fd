internal import Base
package import EvidenceFormat
internal import Store

/// What a receipt that was kept elsewhere says of this directory.
package struct ProvenReceipt: Sendable {
    /// Where it came from, for people.
    package let name: String
    package let index: UInt64
    /// Of the tree that it was proven in.
    package let size: UInt64
    /// The leaf as it stands in the directory, and as the receipt proves it.
    package let leaf: Leaf
    /// The receipt had the leaf with it: then it proves what was recorded even without this copy.
    package let hadLeaf: Bool
}

/// Holds receipts against a log: the signature, the proof, and that the leaf is still the same.
struct ReceiptCheck {
    private let engine: any StorageEngine
    private let keySet: KeySet
    private let rows: TreeRows

    init(_ engine: any StorageEngine, _ keySet: KeySet) {
        self.engine = engine
        self.keySet = keySet
        rows = TreeRows(engine)
    }

    /// Throws when the receipt and the directory contradict each other.
    func check(_ receipt: KeptReceipt, _ name: String) throws(Failure) -> ProvenReceipt {
        let proof = receipt.proof
        let head = try keySet.open(proof.checkpoint)
        let keys = keySet.keys(validAt: head.size)
        if let text = receipt.leaf {
            do throws(Failure) {
                _ = try proof.verify(
                    leaf: Merkle.leafHash(text.span), origin: keySet.origin, keys: keys)
            } catch {
                throw Failure(.corrupt, "the receipt is not whole: \(error.words)")
            }
        }
        let stored: Leaf
        do throws(Failure) {
            stored = try LeafReader(engine, rows).leaf(at: proof.index)
        } catch {
            throw Failure(
                .dataLoss,
                "leaf \(proof.index), which it proves was recorded, cannot be read here:"
                    + " \(error.words)")
        }
        if let text = receipt.leaf, text != stored.bytes {
            throw Failure(
                .corrupt,
                "leaf \(proof.index) is another one here than the receipt proves:"
                    + " \(Self.words(text))"
            )
        }
        do throws(Failure) {
            _ = try proof.verify(leaf: stored.hash, origin: keySet.origin, keys: keys)
        } catch {
            throw Failure(
                .corrupt, "leaf \(proof.index) is another one here than the receipt proves")
        }
        return ProvenReceipt(
            name: name, index: proof.index, size: head.size, leaf: stored,
            hadLeaf: receipt.leaf != nil)
    }

    private static func words(_ leaf: [UInt8]) -> String {
        String(decoding: leaf.prefix(300), as: UTF8.self)
    }
}
