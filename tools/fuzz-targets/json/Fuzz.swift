import Base
import EvidenceFormat

/// A text that the strict parser accepts is the one text of its value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Failure) {
        let json = try JSON(parsing: bytes.span)
        precondition(json.encode() == bytes)
        precondition(json.depth <= JSON.depthMax)
        let again = try JSON(parsing: json.encode().span)
        precondition(again == json)
    } catch {
        precondition(!error.words.isEmpty)
    }
    return 0
}
