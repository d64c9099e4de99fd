internal import Base
internal import EvidenceFormat
internal import SegmentFormat
internal import Store

/// The frame digest of a whole segment, read again.
enum SegmentDigest {
    static func compute(
        _ engine: any StorageEngine, segment: UInt32
    ) throws(Failure) -> SegmentSeal {
        let scanner = try SegmentScanner(engine, segment: segment)
        let open = try OpenSegment(engine, segment: segment, first: scanner.header().firstLeaf)
        while true {
            switch try scanner.next() {
            case .frame(let frame):
                let hashes = try FrameHashes(frame)
                open.add(
                    frame.header, leaf: frame.leaf.span, secret: hashes.secret,
                    payload: hashes.payload)
            case .end:
                guard let seal = open.seal() else { preconditionFailure("sealed once") }
                return seal
            case .broken(let at, let words):
                throw Failure(
                    .corrupt, "\(Names.segment(segment)) is damaged at byte \(at): \(words)")
            }
        }
    }
}

/// The hashes that a leaf gives for what stands beside it; read without the schema, because most
/// frames have neither and a full segment has half a million.
struct FrameHashes {
    let secret: Digest?
    let payload: Digest?

    init(_ frame: SegmentScanner.Frame) throws(Failure) {
        guard frame.header.payloadBytes > 0 || frame.header.privateBytes > 0 else {
            secret = nil
            payload = nil
            return
        }
        let body = try JSON(parsing: frame.leaf.span).object
        secret = body?["priv"]?.string.flatMap { Digest(hex: $0) }
        payload = body?["pay"]?.string.flatMap { Digest(hex: $0) }
    }
}
