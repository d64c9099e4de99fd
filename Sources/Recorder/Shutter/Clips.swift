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
        let camera = try self.camera(
            request.camera, patienceMilliseconds: Self.patienceMilliseconds)
        waitForClosing(camera, request.to)
        let footage = try gather(camera, request)
        try commitParts(of: camera)
        let proof = ClipProof(
            try parts(camera, footage), holding: footage.sequences, in: camera.ring)
        var capture = Capture()
        capture.mime = "video/mp4"
        capture.links = request.links
        capture.request = request.request
        if footage.isBeforeStep { capture.flags.append(PictureFlags.clockSet) }
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
        details += proof.fields
        let receipt = try log.addClip(
            camera: camera.id, instant: footage.from, capture, details: details,
            payload: bytes.span, by: request.author)
        return ClipAnswer(receipt: receipt, bytes: bytes)
    }

    /// Of a clock that was set farther back, not all parts of a clip are looked for.
    private static var setBackSecondsMax: Int64 { 100_000 }

    private struct Footage {
        var initBytes: [UInt8]
        var bytes: [UInt8]
        var from: WallTime
        var to: WallTime
        var frames: Int
        var sequences: ClosedRange<UInt64>
        var isBeforeStep: Bool
        var setBackMicroseconds: Int64
    }

    /// A fragment is closed within a second or so; then the disk has it and a part can hold it.
    private func waitForClosing(_ camera: Camera, _ to: WallTime) {
        guard camera.report.status.state == .recording else { return }
        let until = clock.monotonicNanoseconds + 2_500_000_000
        while clock.monotonicNanoseconds < until, to <= clock.now.adding(seconds: 1) {
            if camera.ring.hasStored(to) { return }
            _ = camera.ring.waitForFrame(
                at: WallTime(microseconds: clock.now.microseconds + 1), milliseconds: 100)
        }
    }

    private func gather(_ camera: Camera, _ request: ClipRequest) throws -> Footage {
        let stretch = camera.ring.footage(request.from...request.to)
        var records = stretch.records
        guard var first = records.first else {
            let range = camera.ring.range
            if let step = stretch.step {
                throw SnapFailure(
                    .clockSet,
                    "the server's clock was set from \(step.from) to \(step.to) while \(camera.id)"
                        + " recorded; make two clips, one up to \(step.last) and one from"
                        + " \(step.to) on", from: step.from, to: step.to)
            }
            if let refusal = SnapFailure(camera.id, request.from, stretch.word) { throw refusal }
            throw SnapFailure(
                range.map { request.to < $0.lowerBound } ?? false ? .expired : .gap,
                "\(camera.id) has no footage from \(request.from) to \(request.to)"
                    + (range.map { "; its ring has \($0.lowerBound) to \($0.upperBound)" } ?? ""),
                from: range?.lowerBound, to: range?.upperBound)
        }
        // Back to the key frame that the first picture is decoded from, over a step of the clock.
        while !first.beginsWithKey, let before = camera.ring.record(before: first.sequence),
            before.hasFormat(of: first)
        {
            records.insert(before, at: 0)
            first = before
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
        let setting = records[records.count - 1].setting
        for record in records {
            let from = record.moment(record.first, by: setting)
            let to = record.moment(record.last, by: setting)
            guard let loaded = try camera.ring.load(record.sequence), loaded.record != nil else {
                throw SnapFailure(
                    .expired,
                    "the ring of \(camera.id) moved on while the clip was read; ask for a later"
                        + " part")
            }
            if footage == nil {
                footage = Footage(
                    initBytes: loaded.initBytes, bytes: loaded.initBytes, from: from, to: to,
                    frames: 0, sequences: record.sequence...record.sequence,
                    isBeforeStep: stretch.word != .asSetNow,
                    setBackMicroseconds: stretch.setBackMicroseconds)
                footage?.bytes.reserveCapacity(size + loaded.initBytes.count)
            }
            footage?.bytes += loaded.bytes
            footage?.frames += loaded.head.samples.count
            if let old = footage {
                footage?.from = min(old.from, from)
                footage?.to = max(old.to, to)
                footage?.sequences = old.sequences.lowerBound...record.sequence
            }
        }
        guard let footage else { throw Failure(.io, "no fragment could be read") }
        return footage
    }

    /// The parts that hold the clip's fragments.
    private func parts(_ camera: Camera, _ footage: Footage) throws(Failure) -> [Leaf] {
        // Leaves are found by when they were made: some seconds later, or so much earlier.
        let back = footage.setBackMicroseconds / 1_000_000 + 1
        let limit = 1000 + Int(clamping: min(back, Self.setBackSecondsMax) / 9)
        let leaves = try log.leaves(
            .part, ofCamera: camera.id, from: footage.from.adding(seconds: -back), limit: limit)
        let ring = camera.ring.identity.hex
        return leaves.filter { leaf in
            guard leaf.string("ring") == ring, let from = leaf.int("seq"),
                let to = leaf.int("seq_to")
            else { return false }
            return UInt64(from) <= footage.sequences.upperBound
                && UInt64(to) >= footage.sequences.lowerBound
        }
    }
}

extension RingRecord {
    /// The init segment is hashed when the disk gets it; before that its ordinal tells.
    fileprivate func hasFormat(of other: RingRecord) -> Bool {
        format == other.format || (initHash == other.initHash && initHash != .zero)
    }

    /// One of its instants, by a clock that may have been set since.
    fileprivate func moment(_ instant: WallTime, by other: ClockSetting) -> WallTime {
        Moment(instant, setting).read(by: other) ?? instant
    }
}
