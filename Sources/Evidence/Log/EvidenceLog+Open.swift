package import Base
internal import Crypto
package import EvidenceFormat
internal import IndexFormat
internal import Linux
package import Store

extension EvidenceLog {
    /// Opens the log in `engine`, bringing it up to date after any kind of stop, and writes down
    /// that the server started. A new engine gets a new log.
    ///
    /// `seen` are checkpoints that stand outside this machine (receipts, witnesses): a log that is
    /// shorter than one of them, or does not contain it, was rolled back and is refused.
    package static func open(
        _ engine: any StorageEngine, identity: LogIdentity, clock: any Clock,
        options: Options = Options(), seen: [SignedNote] = []
    ) throws(Failure) -> (log: EvidenceLog, report: RecoveryReport) {
        let engine = RepeatingEngine(engine)
        let epoch = try engine.claim()
        var recovery = Recovery(engine, epoch: epoch, identity: identity)
        let start = try recovery.run(clock: clock)
        let limit = start.newestTime.adding(seconds: -options.clockBackSeconds)
        guard clock.now >= limit else {
            throw Failure(
                .refused,
                "the clock says \(clock.now) but the newest record was made at \(start.newestTime);"
                    + " set the clock (chrony does it for good), then start again")
        }
        let log = EvidenceLog(
            engine: engine, epoch: epoch, identity: identity, clock: clock, options: options,
            start: start)
        for note in seen { try log.requireContains(note) }
        try log.begin(start.report)
        return (log, start.report)
    }

    private func begin(_ report: RecoveryReport) throws(Failure) {
        if report.isNew {
            try writeGenesis()
        } else {
            try readStanding()
        }
        try writeBoot(report)
        if report.droppedBytes > 0 {
            try recordIncident(
                "torn-tail",
                "the last group was not whole after an unclean stop; \(report.droppedBytes)"
                    + " bytes that nobody had been told of were dropped")
        }
        try persist()
        startCare()
    }

    private func writeGenesis() throws(Failure) {
        var draft = Draft(.genesis, by: .server)
        let key = identity.keySet.key(validAt: 1)
        guard let key else {
            throw Failure(.refused, "the key set has no key for the first checkpoint")
        }
        draft.fields = [
            ("origin", .string(origin)), ("log_key", .string(key.text)),
            ("root_key", .string(rootKey.text)), ("format", .int(1)),
        ]
        _ = try commit(draft)
        try writeKeySet()
    }

    func writeKeySet() throws(Failure) {
        var draft = Draft(.keyset, by: .server)
        let note = String(decoding: identity.keySetNote.encode(), as: UTF8.self)
        draft.fields = [("note", .string(note))]
        _ = try commit(draft)
    }

    private func writeBoot(_ report: RecoveryReport) throws(Failure) {
        var draft = Draft(.boot, by: .server)
        let head = monitor.withLock { $0.head.checkpoint }
        draft.fields = [
            ("binary", .string(options.binary.hex)), ("config", .string(options.configuration.hex)),
            ("boot_id", .string(Process.bootID())), ("version", .string(options.version)),
            ("size", .int(Int64(head.size))), ("root", .string(head.root.hex)),
            ("clean", .bool(report.clean)),
        ]
        _ = try commit(draft)
    }

    package func recordIncident(_ what: String, _ detail: String) throws(Failure) {
        var draft = Draft(.incident, by: .server)
        draft.fields = [("what", .string(what)), ("detail", .string(detail))]
        _ = try commit(draft)
    }

    /// Holds, policies and unsealed segments, as the log has them; and the newest key set.
    private func readStanding() throws(Failure) {
        let reader = LeafReader(engine, rows)
        try readHoldsAndPolicies(reader)
        try queueUnsealed(reader)
        if try newestKeySetNote(reader) != identity.keySetNote { try writeKeySet() }
    }

    func readHoldsAndPolicies(_ reader: LeafReader) throws(Failure) {
        let holds = try engine.range(
            Table.holdShard, from: [], to: nil, descending: false, limit: ActiveHold.countMax)
        for entry in holds {
            let index = entry.key.span.bigEndian(UInt64.self, at: 0)
            var hold = try ActiveHold(reader.leaf(at: index), index: index)
            hold.releaseAskedBy = try leavesAbout(hold.id, reader)
                .first { $0.string("step") == "request" }?.actor
            monitor.withLock { $0.holds.append(hold) }
        }
        let policies = try engine.range(
            Table.policyShard, from: [], to: nil, descending: false, limit: PolicyHistory.countMax)
        for entry in policies {
            let index = entry.key.span.bigEndian(UInt64.self, at: 0)
            let leaf = try reader.leaf(at: index)
            let words = monitor.withLock { $0.policies.add(leaf, at: index) }
            if let words {
                throw Failure(.corrupt, "policy leaf \(index) breaks the rules: \(words)")
            }
        }
    }

    private func newestKeySetNote(_ reader: LeafReader) throws(Failure) -> SignedNote? {
        let newest = try PostingList.series(.kind(LeafKind.keyset.rawValue), engine)
            .page(after: nil, newestFirst: true, limit: 1)
        guard let index = newest.first?.leaf, let note = try reader.leaf(at: index).string("note")
        else { return nil }
        return try SignedNote(parsing: Array(note.utf8))
    }

    /// A crash may have come between the end of a segment and its seal leaf.
    private func queueUnsealed(_ reader: LeafReader) throws(Failure) {
        let newest = try PostingList.series(.kind(LeafKind.segmentSeal.rawValue), engine)
            .page(after: nil, newestFirst: true, limit: 1)
        var next: UInt32 = 0
        if let index = newest.first?.leaf, let number = try reader.leaf(at: index).int("segment") {
            next = UInt32(clamping: number + 1)
        }
        let open = monitor.withLock { $0.open.segment }
        while next < open {
            let seal = try SegmentDigest.compute(engine, segment: next)
            monitor.withLock { $0.unsealed.append(seal) }
            next += 1
        }
    }

    /// Refuses when a checkpoint from outside is not part of this log.
    func requireContains(_ note: SignedNote) throws(Failure) {
        let seen = try identity.keySet.open(note)
        let size = monitor.withLock { $0.head.checkpoint.size }
        guard seen.size <= size else {
            throw Failure(
                .dataLoss,
                "this log has \(size) leaves, but a checkpoint for \(seen.size) was given out:"
                    + " it is an"
                    + " older copy. Restore the newest one, or begin a successor log"
                    + " (proofreel admin successor)")
        }
        guard try TileProof.root(size: seen.size, reader: rows) == seen.root else {
            throw Failure(
                .corrupt,
                "this log does not contain the checkpoint of size \(seen.size) that was given out:"
                    + " its history was rewritten")
        }
    }
}
