import Access
import Base
import Evidence
import EvidenceFormat
import SASL
import TestSupport

/// A data directory with a log and a book, and a clock that the test sets.
final class House {
    static let boss = Author(actor: "boss", session: "s1")

    let folder = Scratch()
    let clock = ManualClock()
    private(set) var log: EvidenceLog
    private(set) var book: AccessBook
    /// Of the first admin.
    let firstSecret: String?

    init() throws {
        log = try TestLog.open(folder.path, clock: clock).log
        (book, firstSecret) = try AccessBook.open(
            dataDirectory: folder.path, log: log, clock: clock)
    }

    /// A test may have closed it.
    deinit { try? log.close() }

    func reopen() throws -> String? {
        try log.close()
        log = try TestLog.open(folder.path, clock: clock).log
        let (book, secret) = try AccessBook.open(
            dataDirectory: folder.path, log: log, clock: clock)
        self.book = book
        return secret
    }

    var grants: [Leaf] {
        get throws {
            try (0..<log.size).map { try log.leaf(at: $0) }.filter { $0.kind == .grant }
        }
    }

    func lastGrant() throws -> String {
        guard let leaf = try grants.last else { return "none" }
        return "\(leaf.string("what") ?? "") \(leaf.string("type") ?? "")"
            + " \(leaf.string("subject") ?? "") by \(leaf.actor)"
    }

    /// A log-in of both sides; nil when it works.
    func logIn(_ name: String, _ password: String) throws -> Failure? {
        do throws(Failure) {
            var client = try SCRAMClient(user: name, password: password, binding: .none)
            var server = try SCRAMServer(.sha256, exporter: nil)
            let challenge = try server.challenge(client.first) { book.secret(of: $0) }
            try client.verify(server.finish(client.prove(challenge)))
            _ = try book.person(server.user)
            return nil
        } catch {
            return error
        }
    }
}

/// The failure of a call, or nil.
func failure(_ body: () throws -> Void) -> Failure? {
    do {
        try body()
        return nil
    } catch {
        return error as? Failure
    }
}
