import Base
import EvidenceFormat
import Evidence
import IndexFormat
import SegmentFormat

/// Headers, places and index values are written again byte for byte; a segment and a checkpoint
/// file of any bytes are read to an end.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    headers(bytes)
    values(bytes)
    do throws(Failure) {
        try scan(bytes)
        try checkpoints(bytes)
    } catch {
        precondition(error.kind == .corrupt || error.kind == .unsupported, error.words)
    }
    return 0
}

private func headers(_ bytes: [UInt8]) {
    do throws(FrameHeader.Refusal) {
        let header = try FrameHeader(decoding: bytes.span)
        precondition(header.bytes == Array(bytes[..<FrameHeader.byteCount]))
        precondition(header.frameBytes <= 40 + 4096 + 4096 + 64 << 20)
        let rest = bytes[FrameHeader.byteCount...].prefix(header.leafBytes)
        _ = header.covers(leaf: Array(rest).span)
        var place: [UInt8] = []
        Place(segment: 1, offset: 2, header: header).append(to: &place)
        precondition(Place(decoding: place.span).payloadBytes == header.payloadBytes)
    } catch {
        if case .end = error { precondition(bytes.prefix(40).allSatisfy { $0 == 0 }) }
    }
    do throws(Failure) {
        let header = try SegmentHeader(decoding: bytes.span)
        precondition(header.bytes == Array(bytes[..<SegmentHeader.byteCount]))
    } catch {
        precondition(error.kind == .corrupt || error.kind == .unsupported)
    }
    guard bytes.count >= Place.byteCount else { return }
    let place = Place(decoding: bytes.span)
    var again: [UInt8] = []
    place.append(to: &again)
    precondition(again == Array(bytes[..<Place.byteCount]))
    precondition(place.end >= place.leafOffset)
    let posting = Posting(decoding: bytes.span, at: 0)
    precondition([UInt8]().adding(posting) == Array(bytes[..<Posting.byteCount]))
}

private func values(_ bytes: [UInt8]) {
    do throws(Failure) {
        let again =
            switch bytes.count {
            case 16: try Removal(decoding: bytes).bytes
            case 17: try IDEntry(decoding: bytes).bytes
            case 20: try Watermark(decoding: bytes).bytes
            // The last byte of a head is a truth value.
            case 41: Array(try ChainHead(decoding: bytes).bytes.dropLast()) + bytes.suffix(1)
            default: try Watermark(decoding: bytes).bytes
            }
        precondition(again == bytes)
    } catch {
        precondition(error.kind == .corrupt)
    }
}

/// The bytes stand where a segment does, once with and once without a true header before them.
private func scan(_ bytes: [UInt8]) throws(Failure) {
    let header = SegmentHeader(
        segment: 0, firstLeaf: 0, origin: "o", openID: RecordID(high: 1, low: 2),
        created: WallTime(microseconds: 3))
    for contents in [header.bytes + bytes, bytes] {
        let scanner = try SegmentScanner(OneObject(contents), segment: 0)
        do throws(Failure) {
            _ = try scanner.header()
        } catch {
            precondition(contents == bytes)
        }
        try walk(scanner)
    }
}

private func walk(_ scanner: SegmentScanner) throws(Failure) {
    var steps = 0
    while true {
        let before = scanner.position
        steps += 1
        precondition(steps <= Int(scanner.length) + 2, "a segment is read to an end")
        switch try scanner.next() {
        case .frame(let frame):
            precondition(scanner.position > before && scanner.position <= scanner.length)
            precondition(frame.offset == before && frame.leaf.count == frame.header.leafBytes)
        case .end(let at):
            precondition(at == before)
            return
        case .broken(let at, let words):
            precondition(at == before && !words.isEmpty)
            guard let (next, _) = try scanner.resync(after: at) else { return }
            precondition(next > at)
        }
    }
}

private func checkpoints(_ bytes: [UInt8]) throws(Failure) {
    let store = OneObject(bytes)
    var count = 0
    try CheckpointRecord.forEach(store) { _, offset throws(Failure) in
        precondition(offset < UInt64(bytes.count))
        count += 1
        precondition(count <= bytes.count)
    }
    if let last = try CheckpointRecord.last(store) {
        precondition(last.end <= UInt64(bytes.count))
        precondition(
            last.note.encode().elementsEqual(
                bytes[..<Int(last.end - 1)].suffix(last.note.encode().count)))
    }
}
