internal import Base
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import FragmentFormat
internal import Ingest

/// Commits one camera's footage to the log: a `part` leaf for each stretch of at most ten seconds,
/// with the root over its fragments. So a clip that is cut next week proves that it was recorded
/// now. Where the clock was set a new part begins, so that each has the instants of one clock.
struct PartChain {
    static let microsecondsMax: Int64 = 10_000_000

    private let camera: String
    private let ring: String
    private var ordinal: Int64
    private var previous: Digest
    /// Of the last fragment that a part holds.
    private(set) var sequence: UInt64

    /// Goes on where the log says the last run ended.
    init(_ camera: String, ring: [UInt8], _ log: EvidenceLog) throws(Failure) {
        self.camera = camera
        self.ring = ring.hex
        let last = try log.last(.part, ofCamera: camera)
        ordinal = last?.int("n") ?? 0
        previous = last?.hash ?? .zero
        let isSame = last?.string("ring") == self.ring
        sequence = isSame ? UInt64(last?.int("seq_to") ?? 0) : 0
    }

    /// What one fragment is in the tree of a part: `docs/evidence.md` has the layout.
    static func entry(_ record: RingRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(48)
        bytes.appendBigEndian(record.first.microseconds)
        bytes.appendBigEndian(UInt64(record.fragmentLength))
        record.fragmentHash.append(to: &bytes)
        return bytes
    }

    /// Commits what the disk has; all of it when `isDue`, else only full parts.
    mutating func commit(
        _ ring: CameraRing, _ log: EvidenceLog, isDue: Bool, clock: CameraClock?
    ) throws(Failure) {
        while true {
            let records = ring.stored(after: sequence, limit: 256)
            guard let first = records.first else { return }
            var part = [first]
            for (record, before) in zip(records.dropFirst(), records) {
                guard record.initHash == first.initHash, !record.isAfterStep(before),
                    record.last.microseconds - first.first.microseconds <= Self.microsecondsMax
                else { break }
                part.append(record)
            }
            guard isDue || part.count < records.count else { return }
            // What the camera's clock is to ours is known as ours is set now.
            let isNow = ring.newest.map { $0.setting.isSame(as: first.setting) } ?? false
            try commit(part, log, isNow ? clock : nil)
        }
    }

    private mutating func commit(
        _ part: [RingRecord], _ log: EvidenceLog, _ clock: CameraClock?
    ) throws(Failure) {
        let hashes = part.map { record in
            let entry = Self.entry(record)
            return Merkle.leafHash(entry.span)
        }
        let from = part.reduce(part[0].first) { min($0, $1.first) }
        let to = part.reduce(part[0].last) { max($0, $1.last) }
        let length = part.reduce(0) { $0 + Int64($1.fragmentLength) }
        var fields: [(String, JSON)] = [
            ("cam", .string(camera)), ("n", .int(ordinal + 1)), ("prev", .string(previous.hex)),
            ("init", .string(part[0].initHash.hex)),
            ("root", .string(Merkle.root(of: hashes).hex)), ("count", .int(Int64(part.count))),
            ("from", .string(from.description)), ("to", .string(to.description)),
            ("len", .int(length)), ("ring", .string(ring)),
            ("seq", .int(Int64(part[0].sequence))),
            ("seq_to", .int(Int64(part[part.count - 1].sequence))),
        ]
        if let clock {
            fields.append(("cam_off_us", .int(clock.offsetMicroseconds)))
            fields.append(("cam_err_us", .int(clock.errorMicroseconds)))
        }
        let receipt = try log.addFact(.part, fields)
        ordinal += 1
        previous = receipt.leaf.hash
        sequence = part[part.count - 1].sequence
    }
}
