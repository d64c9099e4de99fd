package import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import SegmentFormat
internal import Store

/// What one round of reading sealed segments again has found.
package struct ScrubReport: Sendable {
    package internal(set) var segments: UInt32 = 0
    package internal(set) var bytes: UInt64 = 0
    package internal(set) var faults: [String] = []
}

/// The newest `scrub` leaf.
package struct LastScrub: Sendable {
    package let time: WallTime
    package let segments: UInt32
    package let faults: Int
    /// Where a round that was cut off goes on; nil after a whole one.
    package let goesOnAt: UInt32?
}

/// Reads sealed segments again, slowly, in the running server: rot shows while a good copy may
/// still exist. Each round leaves a `scrub` leaf, so "last read on" is itself evidence.
package struct ScrubLimits: Sendable {
    /// 0: as fast as the disk allows.
    package var bytesPerSecond: UInt64 = 20 << 20
    package var from: UInt32 = 0
    /// Exclusive; nil: up to the segment being written.
    package var to: UInt32?
    package init() {}
}

extension EvidenceLog {
    /// `goOn` is asked after every piece; false ends the round early, and the leaf says how far it
    /// got.
    package func scrub(
        _ limits: ScrubLimits, goOn: (_ done: ScrubReport) -> Bool = { _ in true }
    ) throws(Failure) -> ScrubReport {
        var report = ScrubReport()
        let open = monitor.withLock { $0.open.segment }
        let end = min(limits.to ?? open, open)
        guard limits.from < end else { return report }
        var pace = Pace(bytesPerSecond: limits.bytesPerSecond, clock: clock)
        var last = limits.from
        for segment in limits.from..<end {
            last = segment
            guard try scrub(segment, &report, &pace, goOn) else { break }
            report.segments += 1
        }
        var draft = Draft(.scrub, by: .server)
        draft.fields = [
            ("from", .int(Int64(limits.from))), ("to", .int(Int64(last))),
            ("segments", .int(Int64(report.segments))), ("bytes", .int(Int64(report.bytes))),
            ("faults", .int(Int64(report.faults.count))),
            ("found", .array(report.faults.prefix(16).map { .string(String($0.prefix(200))) })),
        ]
        _ = try commit(draft)
        return report
    }

    /// When sealed segments were last read again; nil when never.
    package func lastScrub() throws(Failure) -> LastScrub? {
        let newest = try PostingList.series(.kind(LeafKind.scrub.rawValue), engine)
            .page(after: nil, newestFirst: true, limit: 1)
        guard let index = newest.first?.leaf else { return nil }
        let leaf = try LeafReader(engine, rows).leaf(at: index)
        let segments = UInt32(clamping: leaf.int("segments") ?? 0)
        let from = UInt32(clamping: leaf.int("from") ?? 0)
        let to = UInt32(clamping: leaf.int("to") ?? 0)
        return LastScrub(
            time: leaf.time, segments: segments, faults: Int(leaf.int("faults") ?? 0),
            goesOnAt: to >= from && segments < to - from + 1 ? to : nil)
    }

    /// False when it was ended before the segment's end.
    private func scrub(
        _ segment: UInt32, _ report: inout ScrubReport, _ pace: inout Pace,
        _ goOn: (_ done: ScrubReport) -> Bool
    ) throws(Failure) -> Bool {
        let object = Names.segment(segment)
        let scanner = try SegmentScanner(engine, segment: segment)
        var buffer: [UInt8] = []
        do throws(Failure) {
            let open = try OpenSegment(engine, segment: segment, first: scanner.header().firstLeaf)
            while true {
                let step = try scanner.next()
                guard case .frame(let frame) = step else {
                    if case .broken(let at, let words) = step {
                        report.faults.append("\(object) at byte \(at): \(words)")
                    } else {
                        try compareSeal(open, &report)
                    }
                    report.bytes += UInt64(FrameHeader.byteCount)
                    return true
                }
                report.bytes += UInt64(frame.header.frameBytes)
                pace.spend(frame.header.frameBytes)
                let hashes = try FrameHashes(frame)
                open.add(
                    frame.header, leaf: frame.leaf.span, secret: hashes.secret,
                    payload: hashes.payload)
                try scrubBytes(frame, hashes, &buffer, &report)
                if !goOn(report) { return false }
            }
        } catch {
            report.faults.append("\(object): \(error.words)")
            return true
        }
    }

    private func scrubBytes(
        _ frame: SegmentScanner.Frame, _ hashes: FrameHashes, _ buffer: inout [UInt8],
        _ report: inout ScrubReport
    ) throws(Failure) {
        let place = frame.place
        let parts = [
            (place.payloadBytes, place.payloadOffset, hashes.payload, UInt8(0)),
            (place.privateBytes, place.privateOffset, hashes.secret, UInt8(1)),
        ]
        for (count, offset, expected, code) in parts where count > 0 {
            let object = Names.segment(place.segment)
            try engine.read(object, at: offset, count: count, into: &buffer)
            if SHA256.hash(buffer.span) == expected { continue }
            let leaf = try Leaf(parsing: frame.leaf)
            let state = try removal(of: leaf.id, code: code, LeafReader(engine, rows))
            if state == .present || !buffer.allSatisfy({ $0 == 0 }) {
                report.faults.append("record \(leaf.id): its bytes in \(object) have changed")
            }
        }
    }

    private func compareSeal(_ open: OpenSegment, _ report: inout ScrubReport) throws(Failure) {
        guard let seal = open.seal() else { return }
        let newest = PostingList.series(.kind(LeafKind.segmentSeal.rawValue), engine)
        var position: Posting?
        let reader = LeafReader(engine, rows)
        while true {
            let page = try newest.page(after: position, newestFirst: true, limit: 100)
            for posting in page {
                let leaf = try reader.leaf(at: posting.leaf)
                guard leaf.int("segment") == Int64(seal.segment) else { continue }
                if leaf.digest("digest") != seal.digest || leaf.int("len") != Int64(seal.bytes) {
                    report.faults.append(
                        "\(Names.segment(seal.segment)) is not the file that was sealed")
                }
                return
            }
            guard page.count == 100, let last = page.last else { return }
            position = last
        }
    }
}

/// Keeps a reader to so many bytes a second by sleeping off what it is ahead.
private struct Pace {
    private let bytesPerSecond: UInt64
    private let clock: any Clock
    private let start: UInt64
    private var spent: UInt64 = 0

    init(bytesPerSecond: UInt64, clock: any Clock) {
        self.bytesPerSecond = bytesPerSecond
        self.clock = clock
        start = clock.monotonicNanoseconds
    }

    mutating func spend(_ bytes: Int) {
        guard bytesPerSecond > 0 else { return }
        spent += UInt64(bytes)
        let due = UInt64(Double(spent) / Double(bytesPerSecond) * 1e9)
        let passed = clock.monotonicNanoseconds - start
        if due > passed { Thread.sleep(nanoseconds: min(due - passed, 1_000_000_000)) }
    }
}
