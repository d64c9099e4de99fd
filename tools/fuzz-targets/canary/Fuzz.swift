/// Crashes on one input in four thousand million, which only a fuzzer that sees the branches finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard count == 4, bytes[0] == 0x66, bytes[1] == 0x75, bytes[2] == 0x7A else { return 0 }
    precondition(bytes[3] != 0x7A, "caught")
    return 0
}
