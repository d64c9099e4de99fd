import Base
import BenchHarness
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Store

/// A log with pictures of one work order, in checks of ten.
enum PictureLog {
    static let order = (kind: "work-order", value: "WH/MO/00001")
    private static let origin = "bench.example/log/export"
    private static let batch = 50

    /// The same keys in this process and in the ones it starts.
    private static func identity() throws -> LogIdentity {
        let root = try NoteSigner(
            name: "root.bench.example", key: SigningKey(seed: Array(repeating: 9, count: 32)))
        let signer = try NoteSigner(
            name: origin, key: SigningKey(seed: Array(repeating: 8, count: 32)))
        let keys = try KeySet(
            origin: origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        return try LogIdentity(
            origin: origin, rootKey: root.verifierKey, keySetNote: keys.signed(by: root),
            signers: [signer])
    }

    static var rootKey: String { get throws { try identity().rootKey.text } }

    static func open(_ folder: String) throws -> EvidenceLog {
        try EvidenceLog.open(
            EmbeddedEngine(folder), identity: identity(), clock: SystemClock(),
            options: EvidenceLog.Options()
        ).log
    }

    static func fill(_ folder: String, pictures: Int, bytes: Int) throws {
        let log = try open(folder)
        var random = SeededRandom(seed: 3)
        var number = 0
        while number < pictures {
            let snapshots = try (number..<min(number + batch, pictures)).map { i in
                var capture = Capture()
                capture.links = [
                    try Link(kind: "check", value: "odoo:bench/quality.check/\(i / 10)"),
                    try Link(kind: order.kind, value: order.value),
                ]
                return EvidenceLog.Snapshot(
                    camera: "press-\(i % 5)", instant: SystemClock().now, capture,
                    payload: random.bytes(bytes))
            }
            _ = try log.addSnapshots(snapshots, by: Author(actor: "bench"))
            number += batch
        }
        try log.close()
    }
}
