internal import Base
internal import Evidence
internal import EvidenceFormat
internal import FragmentFormat
internal import Ingest
internal import Linux

/// The thread that writes down what cameras did: parts of their footage at least every ten seconds,
/// and gaps as soon as they end.
final class Ledger: Sendable {
    private static let lookMilliseconds = 500
    private static let partNanoseconds: UInt64 = 9_000_000_000

    private struct Book {
        let camera: Camera
        var parts: PartChain
        var committed: UInt64
    }
    private let log: EvidenceLog
    private let clock: any Clock
    private let books = Monitor<[String: Book]>([:])
    private let stop = StopSignal()
    private let thread = Monitor<Thread?>(nil)
    private let trouble = Monitor<Failure?>(nil)

    init(_ log: EvidenceLog, _ clock: any Clock) {
        self.log = log
        self.clock = clock
        let started = Thread(name: "ledger") { [self] in
            while !stop.wait(milliseconds: Self.lookMilliseconds) { look() }
        }
        thread.withLock { $0 = started }
    }

    /// Why nothing can be written down any more; nil while all is well.
    var failure: Failure? { trouble.withLock { $0 } }

    func open(_ camera: Camera) throws(Failure) {
        let chain = try PartChain(camera.id, ring: camera.ring.identity, log)
        books.withLock {
            $0[camera.id] = Book(
                camera: camera, parts: chain, committed: clock.monotonicNanoseconds)
        }
    }

    /// The last words of a camera that ends or is removed.
    func close(_ id: String) {
        commit(id, isDue: true)
        books.withLock { _ = $0.removeValue(forKey: id) }
    }

    func end() {
        stop.raise()
        thread.withLock { $0.take() }?.join()
    }

    /// Commits everything that the disk has of a camera, now.
    func commitNow(_ id: String) throws(Failure) {
        commit(id, isDue: true)
        if let failure { throw failure }
    }

    func look() {
        for id in books.withLock({ Array($0.keys) }) { commit(id, isDue: false) }
    }

    /// The lock is held while the log commits: the chain of a camera has one writer at a time.
    private func commit(_ id: String, isDue: Bool) {
        books.withLock { books in
            guard var book = books[id] else { return }
            // So that the moment is known when somebody sets the clock, also while nothing comes.
            book.camera.ring.notice()
            do throws(Failure) {
                let lost = book.camera.ring.takeLost()
                for hole in book.camera.report.takeHoles() + lost { try add(hole, id) }
                let now = clock.monotonicNanoseconds
                let isTime =
                    isDue || now - book.committed >= Self.partNanoseconds
                    || book.camera.ring.isHalfNew(after: book.parts.sequence)
                try book.parts.commit(
                    book.camera.ring, log, isDue: isTime, clock: book.camera.report.status.clock)
                if isTime { book.committed = now }
                trouble.withLock { $0 = nil }
            } catch {
                trouble.withLock { $0 = error }
            }
            books[id] = book
        }
    }

    private func add(_ hole: CameraReport.Hole, _ id: String) throws(Failure) {
        _ = try log.addFact(
            .gap,
            [
                ("cam", .string(id)), ("from", .string(hole.from.description)),
                ("to", .string(hole.to.description)),
                ("err_us", .int(clock.trust.maximumErrorMicroseconds)),
                ("cause", .string(hole.cause.rawValue)),
                ("detail", .string(String(hole.words.prefix(400)))),
            ])
    }
}
