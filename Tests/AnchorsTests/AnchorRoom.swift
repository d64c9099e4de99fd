import Anchors
import Base
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Store
import Synchronization
import TestSupport
import Testing
import TimeStamp

/// A log with whoever vouches for it, all of them real, on one machine.
final class AnchorRoom {
    let folder: Scratch
    let clock = ManualClock()
    let witnessRoom: WitnessRoom
    private(set) var log: EvidenceLog
    private(set) var anchorer: Anchorer
    let said = Said()

    init(_ folder: Scratch = Scratch(), witness: WitnessRoom? = nil) throws {
        self.folder = folder
        witnessRoom = try witness ?? WitnessRoom()
        (log, anchorer) = try Self.open(folder, clock, said)
    }

    private static func open(
        _ folder: Scratch, _ clock: ManualClock, _ said: Said
    ) throws -> (EvidenceLog, Anchorer) {
        let (log, _) = try TestLog.open(folder.path, clock: clock)
        let anchorer = try Anchorer(log, dataDirectory: folder.path, clock: clock) { said.add($0) }
        return (log, anchorer)
    }

    /// Everything ends and begins again; `meanwhile` runs while nothing is open.
    func restart(_ meanwhile: () throws -> Void = {}) throws {
        try close()
        try meanwhile()
        (log, anchorer) = try Self.open(folder, clock, said)
    }

    func close() throws {
        anchorer.end()
        try log.close()
    }

    func stamp(
        _ name: String, _ url: String, _ authority: TestAuthority, policy: String? = nil
    ) throws -> AnchorSource {
        try AnchorSource(
            name: name, url: url, way: .stamp(pem: authority.certificate, policy: policy),
            interval: nil, added: clock.now)
    }

    func witness(_ name: String, _ server: WitnessServer) throws -> AnchorSource {
        try AnchorSource(
            name: name, url: "http://127.0.0.1:\(server.port)",
            way: .witness(witnessRoom.cosigner.key), interval: nil, added: clock.now)
    }

    func serveWitness(_ port: UInt16 = 0) throws -> WitnessServer {
        try WitnessServer(
            witnessRoom.witness(SystemClock()), at: #require(IPAddress("127.0.0.1")), port: port,
            clock: SystemClock()
        ) { _ in }
    }

    func report(_ name: String) throws -> AnchorReport {
        try #require(try anchorer.reports().first { $0.source.name == name })
    }

    func incidents() throws -> [String] {
        try log.leaves(.incident, from: .distantPast, after: nil, limit: 100)
            .compactMap { $0.leaf.string("what") }
    }
}

/// What workers told the console.
final class Said: Sendable {
    private let lines = Monitor<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// What it fails with; nil when it does not.
func failure(_ body: () throws -> Void) -> Failure? {
    do {
        try body()
        return nil
    } catch { return error as? Failure }
}
