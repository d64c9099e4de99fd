import Base
import BenchHarness
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Store

/// Reading a store again and believing nothing, against what one core can hash.
struct DeepVerify {
    let folder: String
    let quick: Bool

    func comparison() -> Comparison {
        let count = quick ? 40 : 6000
        let path = folder + "/verified"
        let identity = Once { try OurLog.identity() }
        let made = Once { try make(path, identity.get(), count) }
        return Comparison(
            "deep verify, \(count) pictures",
            [
                Contender("ours") {
                    try made.get()
                    return try verify(path, identity.get(), count)
                },
                Contender("SHA-256, 1 thread") {
                    try hashLimit(objectBytes: Durable.pictureBytes, quick: quick)
                },
            ])
    }

    private func make(_ path: String, _ identity: LogIdentity, _ count: Int) throws {
        let log = try OurLog.open(path, identity)
        var random = SeededRandom(seed: 3)
        let picture = random.bytes(Durable.pictureBytes)
        for i in 0..<count {
            var capture = Capture()
            capture.links = [try Link(kind: "check", value: "odoo:bench/quality.check/v\(i)")]
            _ = try log.addSnapshot(
                camera: "press-1", instant: SystemClock().now, capture, payload: picture.span,
                by: Author(actor: "bench"))
        }
        try log.close()
    }

    private func verify(_ path: String, _ identity: LogIdentity, _ count: Int) throws -> Run {
        var meter = Meter()
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(path, options: options)
        let scratch = path + "-scratch"
        defer { _ = try? RemoveTree.run(scratch) }
        var verifier = try Verifier(
            engine,
            Verifier.Request(
                rootKey: identity.rootKey, rootPinned: true, keySetNote: identity.keySetNote,
                scratchPath: scratch))
        let result = try verifier.run()
        try engine.close()
        guard result.damage.isEmpty, result.records == UInt64(count) else {
            throw BenchFailure("verify found \(result.findings)")
        }
        meter.acknowledged()
        return meter.finish(
            operations: count, payloadBytes: Int(result.payloadBytes), latencies: [])
    }
}

/// Made when it is first asked for.
final class Once<Value> {
    private let make: () throws -> Value
    private var value: Value?

    init(_ make: @escaping () throws -> Value) { self.make = make }

    func get() throws -> Value {
        if let value { return value }
        let made = try make()
        value = made
        return made
    }
}
