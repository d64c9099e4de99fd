package import Base
internal import Crypto
package import Evidence
package import EvidenceFormat
internal import FragmentFormat
internal import Ingest

/// Footage that somebody wants to keep.
package struct ClipRequest: Sendable {
    package let camera: String
    package let from: WallTime
    package let to: WallTime
    package var links: [Link] = []
    package var request: String?
    package var author: Author

    /// Evidence is held in memory once on its way in.
    package static let bytesMax = 256 << 20

    package init(camera: String, from: WallTime, to: WallTime, by author: Author) {
        self.camera = camera
        self.from = from
        self.to = to
        self.author = author
    }
}

package struct ClipAnswer: Sendable {
    package let receipt: Receipt
    package let bytes: [UInt8]
}

extension Recorder {
    /// The init segment and consecutive fragments, byte for byte: what was hashed into the log's
    /// parts when it was recorded.
    package func clip(_ request: ClipRequest) throws -> ClipAnswer {
        guard request.from < request.to else {
            throw Failure(.invalid, "a clip's beginning should come before its end")
        }
        requests.begin(request.request)
        defer { requests.end(request.request) }
        if let id = request.request, let known = try log.receipt(forRequest: id) {
            guard known.leaf.kind == .clip, known.leaf.string("cam") == request.camera else {
                throw Failure(.alreadyExists, "the request id \(id) was used for something else")
            }
            return ClipAnswer(receipt: known, bytes: try log.payload(of: known.id))
        }
        let camera = try self.camera(request.camera)
        waitForClosing(camera, request.to)
        let footage = try gather(camera, request)
        try commitParts(of: camera)
        let parts = try self.parts(camera, footage)
        var capture = Capture()
        capture.mime = "video/mp4"
        capture.links = request.links
        capture.request = request.request
        let bytes = footage.bytes
        let initHash = SHA256.hash(footage.initBytes.span)
        var details: [(String, JSON)] = [
            ("to", .string(footage.to.description)), ("frames", .int(Int64(footage.frames))),
            ("init", .string(initHash.hex)), ("init_len", .int(Int64(footage.initBytes.count))),
        ]
        if let format = InitSegment.parse(footage.initBytes) {
            details.append(("w", .int(Int64(format.width))))
            details.append(("h", .int(Int64(format.height))))
        }
        if !parts.isEmpty { details.append(("parts", .array(parts.map { .int($0) }))) }
        let receipt = try log.addClip(
            camera: camera.id, instant: footage.from, capture, details: details,
            payload: bytes.span, by: request.author)
        return ClipAnswer(receipt: receipt, bytes: bytes)
    }

    private struct Footage {
        var initBytes: [UInt8]
        var bytes: [UInt8]
        var from: WallTime
        var to: WallTime
        var frames: Int
        var sequences: ClosedRange<UInt64>
    }

    /// A fragment is closed within a second or so; then the disk has it and a part can hold it.
    private func waitForClosing(_ camera: Camera, _ to: WallTime) {
        guard camera.report.status.state == .recording else { return }
        let until = clock.monotonicNanoseconds + 2_500_000_000
        while clock.monotonicNanoseconds < until, to <= clock.now.adding(seconds: 1) {
            if camera.ring.hasStored(to) { return }
            _ = camera.ring.waitForFrame(
                at: WallTime(microseconds: clock.now.microseconds + 1), milliseconds: 100, clock)
        }
    }

    private func gather(_ camera: Camera, _ request: ClipRequest) throws -> Footage {
        var records = camera.ring.records(request.from...request.to)
        guard var first = records.first else {
            let range = camera.ring.range
            throw SnapFailure(
                range.map { request.to < $0.lowerBound } ?? false ? .expired : .gap,
                "\(camera.id) has no footage from \(request.from) to \(request.to)"
                    + (range.map { "; its ring has \($0.lowerBound) to \($0.upperBound)" } ?? ""),
                from: range?.lowerBound, to: range?.upperBound)
        }
        // Back to the key frame that the first picture is decoded from.
        let before = camera.ring.records(.distantPast...first.first)
        for record in before.reversed() where record.sequence < first.sequence {
            if first.beginsWithKey || !record.hasFormat(of: first) { break }
            records.insert(record, at: 0)
            first = record
        }
        if let other = records.first(where: { !$0.hasFormat(of: first) }) {
            throw SnapFailure(
                .gap,
                "the stream of \(camera.id) changed at \(other.first) (size, codec or settings);"
                    + " make two clips, one up to there and one from there on",
                from: other.first)
        }
        let size = records.reduce(0) { $0 + Int($1.fragmentLength) }
        guard size <= ClipRequest.bytesMax else {
            throw Failure(
                .invalid,
                "this clip would have \(size >> 20) MB; at most \(ClipRequest.bytesMax >> 20) MB"
                    + " fit in one, so make several")
        }
        var footage: Footage?
        for record in records {
            guard let loaded = try camera.ring.load(record.sequence), loaded.record != nil else {
                throw SnapFailure(
                    .expired,
                    "the ring of \(camera.id) moved on while the clip was read; ask for a later"
                        + " part")
            }
            if footage == nil {
                footage = Footage(
                    initBytes: loaded.initBytes, bytes: loaded.initBytes, from: record.first,
                    to: record.last, frames: 0, sequences: record.sequence...record.sequence)
                footage?.bytes.reserveCapacity(size + loaded.initBytes.count)
            }
            footage?.bytes += loaded.bytes
            footage?.frames += loaded.head.samples.count
            if let old = footage {
                footage?.from = min(old.from, record.first)
                footage?.to = max(old.to, record.last)
                footage?.sequences = old.sequences.lowerBound...record.sequence
            }
        }
        guard let footage else { throw Failure(.io, "no fragment could be read") }
        return footage
    }

    /// The parts that hold the clip's fragments, by their ordinals.
    private func parts(_ camera: Camera, _ footage: Footage) throws(Failure) -> [Int64] {
        let leaves = try log.leaves(
            .part, ofCamera: camera.id, from: footage.from.adding(seconds: -1), limit: 1000)
        var found: [Int64] = []
        let ring = camera.ring.identity.hex
        for leaf in leaves where leaf.string("ring") == ring {
            guard let n = leaf.int("n"), let from = leaf.int("seq"), let to = leaf.int("seq_to"),
                UInt64(from) <= footage.sequences.upperBound,
                UInt64(to) >= footage.sequences.lowerBound
            else { continue }
            found.append(n)
        }
        return Array(found.prefix(64))
    }
}

extension RingRecord {
    /// The init segment is hashed when the disk gets it; before that its ordinal tells.
    fileprivate func hasFormat(of other: RingRecord) -> Bool {
        format == other.format || (initHash == other.initHash && initHash != .zero)
    }
}
