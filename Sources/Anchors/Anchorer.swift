package import Base
package import Evidence
package import EvidenceFormat
internal import Linux

/// Everybody who is asked to vouch for this log, at work: one worker each. Any thread.
package final class Anchorer: Sendable {
    /// How long a request for an anchor waits for it.
    private static let nowMilliseconds = 45_000

    package let book: AnchorBook
    package let archive: AnchorArchive
    private let setting: AnchorSetting
    private let workers = Monitor<[String: AnchorWorker]>([:])
    /// Not in a process that serves nobody: there the sources are a list, and nothing is asked.
    private let isStarted = Monitor(false)

    /// Workers begin with `start`. `say` tells the console what changed.
    package init(
        _ log: EvidenceLog, dataDirectory: String, clock: any Clock,
        say: @escaping @Sendable (String) -> Void
    ) throws(Failure) {
        book = try AnchorBook(dataDirectory: dataDirectory)
        archive = AnchorArchive(log, dataDirectory: dataDirectory)
        setting = AnchorSetting(
            log: log, folder: archive.folder, archive: archive, clock: clock,
            outside: OutsideTime(), say: say)
        let trust = AnchorTrust(book.all)
        for source in book.all {
            guard let newest = try archive.newest(of: source.name) else { continue }
            do throws(Failure) {
                setting.outside.note(try archive.end(newest, trust).time)
            } catch {
                say("the newest anchor by \(source.name) is damaged: \(error.words)")
            }
        }
    }

    package func start() throws(Failure) {
        isStarted.withLock { $0 = true }
        for source in book.all { try begin(source) }
    }

    package func end() {
        for worker in workers.withLock({ Array($0.values) }) { worker.end() }
    }

    private func begin(_ source: AnchorSource) throws(Failure) {
        let worker = try AnchorWorker(source, setting)
        workers.withLock { $0[source.name] = worker }
        worker.start()
    }

    package func add(_ source: AnchorSource) throws(Failure) {
        try book.add(source)
        if isStarted.withLock({ $0 }) { try begin(source) }
    }

    /// What it confirmed stays. That nobody is asked any more stands in the log.
    package func remove(_ name: String, by author: Author) throws(Failure) {
        let source = try book.source(name)
        _ = try setting.log.addFact(
            .incident,
            [
                ("what", .string("anchor-removed")),
                ("detail", .string("\(source.url) is not asked to vouch for this log any more")),
            ], by: author)
        try book.remove(name)
        workers.withLock { $0.removeValue(forKey: name) }?.end()
        try archive.folder.clearDue(name)
    }

    /// Returns when it has answered, or refused. `carried`: a checkpoint that it has cosigned
    /// somewhere without a network.
    package func confirmNow(
        _ name: String, carried: SignedNote? = nil
    ) throws(Failure) -> AnchorLeaf {
        _ = try book.source(name)
        guard let worker = workers.withLock({ $0[name] }) else {
            throw Failure(.refused, "this needs a server; start one: proofreel serve")
        }
        return try worker.confirmNow(milliseconds: Self.nowMilliseconds, carried: carried)
    }

    package func reports() throws(Failure) -> [AnchorReport] {
        let workers = self.workers.withLock { $0 }
        return try AnchorReport.all(book, archive, setting.log, now: setting.clock.now) {
            workers[$0]?.current
        }
    }
}
