import Base
import EvidenceFormat

/// A leaf that is accepted is never another one when it is read again, and all that it says can be
/// read without looking whether it is there.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Failure) {
        let leaf = try Leaf(parsing: bytes)
        precondition(leaf.bytes == bytes)
        precondition(leaf.body.encode() == bytes)
        precondition(leaf.hash == Merkle.leafHash(bytes.span))
        precondition(leaf.string("id") == leaf.id.description)
        precondition(leaf.string("t_srv") == leaf.time.description)
        precondition(!leaf.actor.isEmpty && !leaf.site.isEmpty)
        for placed in leaf.links {
            let again = try PlacedLink(placed.json)
            precondition(again == placed)
        }
    } catch {
        precondition(error.kind == .corrupt || error.kind == .unsupported)
    }
    return 0
}
