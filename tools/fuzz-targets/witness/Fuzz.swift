import Anchors
import Base
import EvidenceFormat

/// A request that a witness reads, whole or in two pieces, comes to the same; a body that it
/// accepts is the one text of its meaning.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var whole = WitnessRequestReader()
    let expected = whole.take(bytes.span)
    var halves = WitnessRequestReader()
    let first = halves.take(bytes.span.extracting(0..<(count / 2)))
    switch first {
    case .more, .goOn:
        let second = halves.take(bytes.span.extracting((count / 2)..<count))
        if case .request = expected { precondition(second == expected) }
    case .request, .refuse: break
    }
    if case .request(.add(let request)) = expected {
        let encoded = request.encode()
        precondition(bytes.suffix(encoded.count).elementsEqual(encoded))
    }
    return 0
}
