package import Base
package import Evidence
package import EvidenceFormat

/// How it stands with one source.
package struct AnchorReport: Sendable {
    package let source: AnchorSource
    /// What it confirmed last.
    package let last: AnchorLeaf?
    /// Since then, or since it was added.
    package let lagSeconds: Int64
    /// More than two intervals behind.
    package let isLate: Bool
    /// A checkpoint waits for it.
    package let isWaiting: Bool
    /// Why it did not confirm, of the running server alone.
    package let failure: String?
    /// What should never happen: another history, an older copy.
    package let alarm: String?
    package let offsetSeconds: Int64?

    /// Of all, served or not: what the log says, and what workers know beside it.
    static func all(
        _ book: AnchorBook, _ archive: AnchorArchive, _ log: EvidenceLog, now: WallTime,
        _ worker: (String) -> AnchorWorker.State?
    ) throws(Failure) -> [AnchorReport] {
        var reports: [AnchorReport] = []
        for source in book.all {
            let state = worker(source.name)
            // A worker knows; without one the log is looked through.
            let last: AnchorLeaf?
            if let state {
                last = state.confirmed
            } else {
                last = try archive.newest(of: source.name)
            }
            let since = last?.time ?? source.added
            let lag = max(0, (now.microseconds - since.microseconds) / 1_000_000)
            let isIdle = last.map { !log.hasNews(since: $0) } ?? false
            reports.append(
                AnchorReport(
                    source: source, last: last, lagSeconds: lag,
                    isLate: lag > 2 * source.interval(isIdle: isIdle),
                    isWaiting: try archive.folder.read("\(source.name).due") != nil,
                    failure: state?.failure?.words, alarm: state?.alarm,
                    offsetSeconds: state?.offsetSeconds))
        }
        return reports
    }

    /// For a directory that nobody serves.
    package static func all(
        _ log: EvidenceLog, dataDirectory: String, now: WallTime
    ) throws(Failure) -> [AnchorReport] {
        try all(
            AnchorBook(dataDirectory: dataDirectory),
            AnchorArchive(log, dataDirectory: dataDirectory), log, now: now
        ) { _ in nil }
    }

    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("name", .string(source.name)), ("type", .string(source.type.rawValue)),
            ("url", .string(source.url)), ("interval_s", .int(source.interval)),
            ("lag_s", .int(lagSeconds)), ("late", .bool(isLate)), ("waiting", .bool(isWaiting)),
        ]
        if let last {
            fields.append(("last", .string(last.time.description)))
            fields.append(("last_size", .int(Int64(last.size))))
            fields.append(("last_file", .string(last.file)))
        }
        if let failure { fields.append(("error", .string(failure))) }
        if let alarm { fields.append(("alarm", .string(alarm))) }
        if let offsetSeconds { fields.append(("offset_s", .int(offsetSeconds))) }
        return .object(JSONObject(fields))
    }
}
