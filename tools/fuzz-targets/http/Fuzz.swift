import FragmentFormat
import HTTPFormat

/// The first byte picks the reader: of addresses, log-ins, ranges, tags or pictures.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    let text = String(decoding: bytes, as: UTF8.self)
    switch start[0] {
    case UInt8(ascii: "t"): fuzzTarget(bytes)
    case UInt8(ascii: "c"): _ = Credentials(text)
    case UInt8(ascii: "r"): fuzzRange(text)
    case UInt8(ascii: "e"):
        _ = EntityTag.matches(text, "abc")
        _ = EntityTag.allowsPart(text, "abc")
    default: fuzzPicture(bytes)
    }
    return 0
}

/// What was understood is understood again, and as the same, when it is encoded anew.
private func fuzzTarget(_ bytes: [UInt8]) {
    guard let target = RequestTarget(bytes) else { return }
    precondition(!target.segments.isEmpty)
    let path = target.segments.map(PercentText.encode).joined(separator: "/")
    let query = target.items.map {
        "\(PercentText.encode($0.name))=\(PercentText.encode($0.value))"
    }
    let again = "/\(path)?\(query.joined(separator: "&"))"
    guard again.utf8.count <= RequestTarget.bytesMax else { return }
    precondition(RequestTarget(Array(again.utf8)) == target)
}

private func fuzzRange(_ text: String) {
    for size in [0, 1, 1000] {
        if case .part(let range) = ByteRange(text, count: size) {
            precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size)
        }
    }
}

/// What a viewer gets is a part of the picture and has its end marker at its end.
private func fuzzPicture(_ bytes: [UInt8]) {
    guard let parts = JPEGView.parts(bytes.span) else { return }
    var end = 0
    for part in parts {
        precondition(part.lowerBound >= end && part.upperBound <= bytes.count)
        end = part.upperBound
    }
    let picture = parts.flatMap { bytes[$0] }
    precondition(picture.suffix(2) == [0xFF, 0xD9])
    precondition(picture.prefix(2) == [0xFF, 0xD8])
}
