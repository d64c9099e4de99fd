import FragmentFormat

/// Whole or byte by byte, a JPEG gets the same verdict; and tables go into a picture only once.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var whole = JPEGScanner()
    whole.feed(bytes.span)
    var bytewise = JPEGScanner()
    for i in bytes.indices { bytewise.feed(bytes.span.extracting(i..<(i + 1))) }
    precondition(whole.verdict == bytewise.verdict && whole.size == bytewise.size)
    precondition(whole.trailingCount == bytewise.trailingCount)
    precondition(whole.lacksTables == bytewise.lacksTables)
    if whole.verdict == .whole { precondition(whole.size?.isEmpty == false) }
    if let inserted = JPEGTables.inserted(into: bytes.span) {
        precondition(inserted.count == bytes.count + JPEGTables.standard.count)
        precondition(JPEGTables.inserted(into: inserted.span) == nil)
    }
    return 0
}
