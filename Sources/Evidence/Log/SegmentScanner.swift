package import Base
package import SegmentFormat
package import Store

/// Reads the frames of one segment in order, skipping over payloads. For recovery, scrub, `verify`
/// and the dump. One thread.
package final class SegmentScanner {
    package struct Frame {
        package let header: FrameHeader
        package let offset: UInt64
        package let leaf: [UInt8]

        package var place: Place {
            get { Place(segment: segment, offset: UInt32(offset), header: header) }
        }
        let segment: UInt32
    }

    package enum Step {
        case frame(Frame)
        /// Nothing but zeros or the end of the object follows.
        case end(at: UInt64)
        /// Something follows that is no whole, undamaged frame.
        case broken(at: UInt64, String)
    }

    private static let windowBytes = 1 << 20
    /// After a payload was skipped: the next header and leaf, not the payload behind it.
    private static let smallWindowBytes = 8 << 10

    package let segment: UInt32
    package let length: UInt64
    package private(set) var position: UInt64
    private let engine: any StorageEngine
    private let object: ObjectName
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    package init(
        _ engine: any StorageEngine, segment: UInt32, from offset: UInt64? = nil
    ) throws(Failure) {
        self.engine = engine
        self.segment = segment
        object = Names.segment(segment)
        do {
            length = try engine.length(of: object)
        } catch {
            throw Self.missing(object, error)
        }
        position = offset ?? UInt64(SegmentHeader.byteCount)
    }

    /// To others "not found" means that there is no such record; this is a loss.
    static func missing(_ segment: ObjectName, _ failure: Failure) -> Failure {
        guard failure.kind == .notFound else { return failure }
        return Failure(
            .dataLoss,
            "\(segment) is missing; restore it from a copy. proofreel verify tells the rest")
    }

    /// `.corrupt` when the object does not begin with a whole header, whichever segment's it is.
    package func wholeHeader() throws(Failure) -> SegmentHeader {
        try fill(0, SegmentHeader.byteCount)
        let count = min(UInt64(SegmentHeader.byteCount), length)
        return try SegmentHeader(decoding: bytes(0, Int(count)).span)
    }

    package func header() throws(Failure) -> SegmentHeader {
        let header = try wholeHeader()
        guard header.segment == segment else {
            throw Failure(
                .corrupt, "\(object) says it is segment \(header.segment): files were mixed up")
        }
        return header
    }

    package func next() throws(Failure) -> Step {
        try fill(position, FrameHeader.byteCount)
        let available = min(UInt64(FrameHeader.byteCount), length - min(position, length))
        if available == 0 { return .end(at: position) }
        let header: FrameHeader
        do throws(FrameHeader.Refusal) {
            header = try FrameHeader(decoding: bytes(position, Int(available)).span)
        } catch {
            switch error {
            case .end:
                return try restIsZero()
                    ? .end(at: position) : .broken(at: position, "zeros, then bytes")
            case .truncated: return .broken(at: position, "the object ends inside a frame header")
            case .damaged(let words): return .broken(at: position, words)
            }
        }
        guard position + UInt64(header.frameBytes) <= length else {
            return .broken(at: position, "the object ends inside a frame")
        }
        try fill(position, FrameHeader.byteCount + header.leafBytes)
        let leaf = bytes(position + UInt64(FrameHeader.byteCount), header.leafBytes)
        guard header.covers(leaf: leaf.span) else {
            return .broken(at: position, "a frame does not match its checksum")
        }
        defer { position += UInt64(header.frameBytes) }
        return .frame(Frame(header: header, offset: position, leaf: leaf, segment: segment))
    }

    /// Looks on behind broken bytes for a whole frame: the offset and header of the next one.
    package func resync(after offset: UInt64) throws(Failure) -> (UInt64, FrameHeader)? {
        var candidate = offset + 1
        while candidate + UInt64(FrameHeader.byteCount) <= length {
            try fill(candidate, Self.windowBytes)
            let start = Int(candidate - windowStart)
            guard let hit = window[start...].firstIndex(of: 0x50) else {
                candidate = windowStart + UInt64(window.count)
                continue
            }
            candidate = windowStart + UInt64(hit)
            position = candidate
            if case .frame(let frame) = try next() { return (frame.offset, frame.header) }
            candidate += 1
        }
        return nil
    }

    private func restIsZero() throws(Failure) -> Bool {
        var offset = position
        while offset < length {
            try fill(offset, Self.windowBytes)
            let start = Int(offset - windowStart)
            for i in start..<window.count where window[i] != 0 { return false }
            offset = windowStart + UInt64(window.count)
        }
        return true
    }

    /// Makes `count` bytes at `offset` part of the window, or as many as the object has.
    private func fill(_ offset: UInt64, _ count: Int) throws(Failure) {
        let end = min(offset + UInt64(count), length)
        if offset >= windowStart && end <= windowStart + UInt64(window.count) { return }
        let skipped = offset > windowStart + UInt64(window.count)
        windowStart = offset
        let reach = skipped ? Self.smallWindowBytes : Self.windowBytes
        let wanted = Int(min(UInt64(max(count, reach)), length - min(offset, length)))
        try engine.read(object, at: offset, count: wanted, into: &window)
    }

    private func bytes(_ offset: UInt64, _ count: Int) -> [UInt8] {
        let start = Int(offset - windowStart)
        return Array(window[start..<(start + count)])
    }
}
