import Evidence

/// A key file that parses is written the same again; anything else is refused in words.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let file = try? KeyFile(parsing: bytes) { precondition(file.encode() == bytes) }
    return 0
}
