internal import Anchors
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Store

/// How a log is, as one document: what `status` shows and the status socket hands out.
/// `docs/cli.md` lists the fields.
enum StatusReport {
    static func make(
        _ session: Session, served: Bool, anchored: UInt64?, anchors: [AnchorReport], used: UInt64
    ) throws -> JSON {
        let log = session.log
        let note = log.checkpoint
        let checkpoint = try Checkpoint(text: note.text)
        let now = SystemClock().now
        var fields: [(String, JSON)] = [
            ("data", .string(session.directory.path)), ("origin", .string(log.origin)),
            ("root_key", .string(log.rootKey.text)), ("served", .bool(served)),
            ("size", .int(Int64(checkpoint.size))), ("root", .string(checkpoint.root.hex)),
            ("checkpoint", .string(note.text(withSignatures: true))),
            ("holds", .int(Int64(log.holds.count))),
            ("policy_rules", .int(Int64(log.policies.rules.count))),
            ("segments", .int(Int64(try log.segmentCount()))), ("bytes", .int(Int64(used))),
            ("clock", clock()),
        ]
        if served { fields.append(("pid", .int(Int64(Process.id)))) }
        if checkpoint.size > 0 {
            let newest = try log.leaf(at: checkpoint.size - 1).time
            fields.append(("newest", .string(newest.description)))
            fields.append(
                ("age_s", .int((now.microseconds - newest.microseconds) / 1_000_000)))
            fields.append(("site", .string(try log.leaf(at: 0).site)))
        }
        let scrub = try log.lastScrub()
        if let scrub {
            fields.append(("scrubbed", .string(scrub.time.description)))
            fields.append(("scrub_segments", .int(Int64(scrub.segments))))
            fields.append(("scrub_faults", .int(Int64(scrub.faults))))
        }
        let space = try DiskSpace(at: session.directory.path)
        fields.append(("free_bytes", .int(Int64(clamping: space.freeBytes))))
        let confirmed = try log.anchors(newestFirst: true, limit: 1).first?.size
        let anchored = [anchored, confirmed].compactMap(\.self).max()
        fields.append(("anchored", .bool(anchored != nil)))
        if let anchored { fields.append(("anchored_size", .int(Int64(anchored)))) }
        if !anchors.isEmpty { fields.append(("anchors", .array(anchors.map(\.json)))) }
        let stopped = served ? log.stopped : nil
        if let stopped { fields.append(("stopped", .string(stopped.words))) }
        let state = stopped != nil ? "stopped" : served ? "serving" : "not served"
        fields.append(("state", .string(state)))
        var warnings = anchors.flatMap(\.warnings) + warnings(session, space, anchored)
        if let scrub, scrub.faults > 0 {
            warnings.append(
                "the last scrub found \(Amount.count(scrub.faults, "fault"));"
                    + " run proofreel admin check")
        }
        if !warnings.isEmpty { fields.append(("warnings", .array(warnings.map { .string($0) }))) }
        return .object(JSONObject(fields))
    }

    private static func clock() -> JSON {
        let trust = SystemClock().trust
        return .object(
            JSONObject([
                ("synchronised", .bool(trust.synchronised)),
                ("estimated_error_us", .int(trust.estimatedErrorMicroseconds)),
                ("maximum_error_us", .int(trust.maximumErrorMicroseconds)),
            ]))
    }

    static let freeBytesLow: UInt64 = 2_000_000_000

    static func warnings(
        _ session: Session, _ space: DiskSpace, _ anchored: UInt64?
    ) -> [String] {
        var warnings = session.warnings
        if session.directory.keys.holdsRootKey {
            warnings.append(
                "the root key is still in the data directory; put it away:"
                    + " proofreel key move-root FILE"
            )
        }
        if RealFileSystem().exists(session.directory.keys.path(KeyFolder.passphraseFile)) {
            warnings.append(
                "the passphrase lies beside the keys, so it guards copies only if kept apart:"
                    + " proofreel key set-passphrase --to FILE")
        }
        if anchored == nil {
            warnings.append(
                "UNANCHORED: nobody outside this machine is known to hold a checkpoint; add a"
                    + " time-stamping authority or a witness (proofreel anchor add), or keep what"
                    + " proofreel checkpoint prints elsewhere and give it back with serve --anchor")
        }
        if space.freeBytes < freeBytesLow {
            warnings.append("only \(Amount.bytes(space.freeBytes)) are free on the disk; make room")
        }
        if !SystemClock().trust.synchronised {
            warnings.append("the clock is not synchronised; install chrony, or times are hearsay")
        }
        return warnings
    }
}

extension SignedNote {
    func text(withSignatures: Bool) -> String {
        withSignatures ? String(decoding: encode(), as: UTF8.self) : text
    }
}

extension AnchorReport {
    private static let offsetSecondsMax: Int64 = 60

    /// The alarm first.
    var warnings: [String] {
        var warnings: [String] = []
        if let alarm { warnings.append("ALARM: \(alarm)") }
        if isLate {
            let since =
                last == nil ? "since it was added" : "for \(Amount.age(seconds: lagSeconds))"
            warnings.append(
                "\(source.name) has confirmed nothing \(since)"
                    + (failure.map { ": \($0)" } ?? "; is a server running?"))
        }
        if let offset = offsetSeconds, abs(offset) > Self.offsetSecondsMax {
            warnings.append(
                "the clock of \(source.name) differs from this machine's by"
                    + " \(Amount.age(seconds: abs(offset))); one of them is wrong")
        }
        return warnings
    }
}

extension Session {
    /// As the log and the disk have them; a server knows more.
    func anchorReports() throws(Failure) -> [AnchorReport] {
        try AnchorReport.all(log, dataDirectory: directory.path, now: SystemClock().now)
    }
}
