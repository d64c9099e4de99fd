import FragmentFormat

/// Parts, and whether the stream ended or failed.
struct Parsed: Equatable {
    var parts: [[UInt8]] = []
    var ended = false
    var failed = false
}

func parse(_ bytes: [UInt8], piece: Int) -> Parsed {
    var parser = MultipartParser(boundary: "frame")
    var result = Parsed()
    for start in stride(from: 0, to: bytes.count, by: piece) {
        let input = bytes.span.extracting(start..<min(start + piece, bytes.count))
        var position = 0
        feed: while true {
            switch parser.next(input, &position) {
            case .needsMore: break feed
            case .partBegan: result.parts.append([])
            case .body(let range):
                precondition(!range.isEmpty)
                result.parts[result.parts.count - 1] += bytes[(start + range.lowerBound)...]
                    .prefix(range.count)
            case .heldBody(let range):
                precondition(!range.isEmpty)
                result.parts[result.parts.count - 1] += parser.held[range]
            case .partEnded: break
            case .ended:
                result.ended = true
                return result
            case .failed:
                result.failed = true
                return result
            }
        }
        precondition(position == input.count, "bytes were left")
    }
    return result
}

/// However the bytes are cut into pieces, the same parts come out; and all but what is still held.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = parse(bytes, piece: max(1, count))
    for piece in [1, 3] { precondition(parse(bytes, piece: piece) == whole) }
    return 0
}
