internal import Base
internal import Linux
internal import SegmentFormat
internal import Store

/// Writes groups to segments, one after the other. Used by the thread whose turn it is; the log's
/// `writing` flag makes that one at a time, which is what `@unchecked Sendable` claims.
final class SegmentWriter: @unchecked Sendable {
    private let engine: any StorageEngine
    private let epoch: Epoch
    private let origin: String
    private let openID: RecordID
    private let capacity: UInt64
    private let clock: any Clock
    private var current: (segment: UInt32, appender: any ObjectAppender)?
    private let resumeAt: (segment: UInt32, offset: UInt64)?
    private let remnant: UInt32?

    init(
        _ engine: any StorageEngine, epoch: Epoch, origin: String, options: EvidenceLog.Options,
        _ start: LogStart
    ) {
        self.engine = engine
        self.epoch = epoch
        self.origin = origin
        openID = start.openID
        clock = start.clock
        capacity = options.segmentBytes + UInt64(options.groupBytes)
        resumeAt = start.segmentExists ? (start.segment, start.offset) : nil
        remnant = start.remnant
    }

    func write(_ group: Group) throws(Failure) {
        let appender = try self.appender(for: group)
        precondition(appender.length == group.offset, "groups follow each other without a gap")
        try appender.append(group.arena)
    }

    private func appender(for group: Group) throws(Failure) -> any ObjectAppender {
        if let current {
            if current.segment == group.segment { return current.appender }
            try current.appender.finish()
        } else if let resumeAt, resumeAt.segment == group.segment {
            let appender = try engine.appender(
                for: Names.segment(group.segment), from: resumeAt.offset, capacity: capacity,
                epoch: epoch)
            current = (group.segment, appender)
            return appender
        }
        let appender = try begin(group)
        current = (group.segment, appender)
        return appender
    }

    private func begin(_ group: Group) throws(Failure) -> any ObjectAppender {
        let object = Names.segment(group.segment)
        let header = SegmentHeader(
            segment: group.segment, firstLeaf: group.firstIndex, origin: origin, openID: openID,
            created: clock.now)
        do {
            try engine.create(object, epoch: epoch)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            guard group.segment == remnant else {
                throw Failure(
                    .corrupt,
                    "\(object) exists although the log ended before it: a segment before it was"
                        + " missing at the start. Restore that one and start again")
            }
        }
        try engine.append(header.bytes.span, to: object, at: 0, epoch: epoch)
        return try engine.appender(
            for: object, from: UInt64(SegmentHeader.byteCount), capacity: capacity, epoch: epoch)
    }

    func finish() throws(Failure) {
        try current?.appender.finish()
        current = nil
    }
}
