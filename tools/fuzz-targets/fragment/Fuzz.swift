import Base
import FragmentFormat

/// What a ring's file may hold after a crash, or after somebody else wrote to it: a head that is
/// read is one that is written the same way, and nothing else is read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let (head, length) = FragmentHead.parse(bytes.span) {
        let again = head.encode()
        precondition(again.count == length)
        let parsed = FragmentHead.parse(again.span)
        precondition(parsed?.head == head)
    }
    let ring = [UInt8](repeating: 7, count: 16)
    if let record = RingRecord.parse(bytes.span, ring: ring) {
        precondition(record.encode() == Array(bytes.prefix(RingRecord.byteCount)))
    }
    if let format = InitSegment.parse(bytes), let made = InitSegment.make(format) {
        precondition(InitSegment.parse(made) != nil)
    }
    return 0
}
