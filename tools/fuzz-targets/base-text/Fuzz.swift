import Base

/// Every text that a parser of `Base` accepts is the one text of its value: parse, print, compare.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    if let bytes = [UInt8](hex: text) { precondition(bytes.hex == text) }
    if let bytes = [UInt8](base64: text) { precondition(bytes.base64 == text) }
    if let digest = Digest(hex: text) { precondition(digest.description == text) }
    if let id = RecordID(text) { precondition(id.description == text) }
    if let time = WallTime(text) { precondition(time.description == text) }
    return 0
}
