package import Base
internal import Crypto
package import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
package import Store

extension EvidenceLog {
    /// Opens a log that was closed in order, to read only: nothing is written, no key is needed,
    /// and every appending call is refused. The checkpoint is the last recorded one.
    ///
    /// `.busy` when the last run did not end in order: its end is taken over by the next ordinary
    /// start, and until then the index may lack what the log has.
    package static func openForReading(
        _ engine: any StorageEngine, identity: LogIdentity, clock: any Clock,
        seen: [SignedNote] = []
    ) throws(Failure) -> EvidenceLog {
        let rows = TreeRows(engine)
        guard let (note, _) = try CheckpointRecord.last(engine) else {
            throw unfinished(at: 0)
        }
        let checkpoint = try identity.keySet.open(note)
        let edge = try TreeEdge(
            size: checkpoint.size, reader: rows, expecting: checkpoint.root)
        let mark = try engine.get(Table.watermarkKey, in: Table.metaShard)
        guard let mark, try Watermark(decoding: mark).leaf == checkpoint.size, checkpoint.size > 0
        else { throw unfinished(at: checkpoint.size) }
        let last = try rows.place(of: checkpoint.size - 1)
        guard case .end = try SegmentScanner(engine, segment: last.segment, from: last.end).next(),
            try !exists(Names.segment(last.segment + 1), engine)
        else { throw unfinished(at: checkpoint.size) }
        var report = RecoveryReport()
        report.checkpointSize = checkpoint.size
        let newest = try LeafReader(engine, rows).leaf(at: checkpoint.size - 1)
        let start = LogStart(
            rows: rows, edge: edge, segment: last.segment, offset: last.end, segmentExists: true,
            remnant: nil, head: SignedHead(checkpoint: checkpoint, note: note),
            persisted: checkpoint.size,
            newestTime: newest.time, openID: newest.id, clock: clock, openSegment: nil,
            report: report)
        var options = Options()
        options.groupBytes = 1 << 16
        options.careThread = false
        let log = EvidenceLog(
            engine: engine, epoch: Epoch(0), identity: identity, clock: clock, options: options,
            start: start)
        log.stop(Failure(.readOnly, "the log was opened for reading only"))
        try log.readHoldsAndPolicies(LeafReader(engine, rows))
        for note in seen { try log.requireContains(note) }
        return log
    }

    /// Ends what `openForReading` began.
    package func closeReading() throws(Failure) { try engine.close() }

    private static func exists(
        _ object: ObjectName, _ engine: any StorageEngine
    ) throws(Failure) -> Bool {
        do throws(Failure) {
            _ = try engine.length(of: object)
            return true
        } catch {
            guard error.kind == .notFound else { throw error }
            return false
        }
    }

    private static func unfinished(at size: UInt64) -> Failure {
        Failure(
            .busy,
            "the last run did not end in order after leaf \(size); start the log once to recover it"
                + " (proofreel serve), then read again")
    }

    package static func hasSegments(_ engine: any StorageEngine) throws(Failure) -> Bool {
        try exists(Names.segment(0), engine)
    }

    /// The site in the log's first leaf; nil for a log that has none yet.
    package static func site(of engine: any StorageEngine) throws(Failure) -> String? {
        guard try hasSegments(engine) else { return nil }
        let scanner = try SegmentScanner(engine, segment: 0)
        guard case .frame(let frame) = try scanner.next() else { return nil }
        return try Leaf(parsing: frame.leaf).site
    }

    /// Segments so far.
    package func segmentCount() throws(Failure) -> UInt32 {
        let size = self.size
        return size == 0 ? 0 : try rows.place(of: size - 1).segment + 1
    }

    /// Where a leaf's frame stands, for the dump.
    package func place(of index: UInt64) throws(Failure) -> (segment: UInt32, offset: UInt64) {
        guard index < size else {
            throw Failure(.notFound, "there is no leaf \(index); the log has \(size)")
        }
        let place = try rows.place(of: index)
        return (place.segment, UInt64(place.offset))
    }
}
