package import Base
import BenchHarness
import Crypto
package import Evidence
import EvidenceFormat
import Ingest
package import Linux
package import Recorder
import Store

/// A recorder on an evidence log of its own: real keys, real files, nothing left out.
package final class BenchRecorder {
    package let clock = SystemClock()
    package let log: EvidenceLog
    package let recorder: Recorder
    package static let author = Author(actor: "bench")

    package init(_ folder: String) throws {
        log = try EvidenceLog.open(
            EmbeddedEngine(folder), identity: Self.identity(), clock: clock,
            options: EvidenceLog.Options()
        ).log
        var options = Recorder.Options()
        options.freeBytesMin = 1 << 20
        recorder = try Recorder(dataDirectory: folder, log: log, clock: clock, options: options)
        _ = recorder.start()
    }

    private static func identity() throws -> LogIdentity {
        let origin = "bench.example/log/e1"
        let root = try NoteSigner(
            name: "root.bench.example", key: SigningKey(seed: randomBytes(32)))
        let signer = try NoteSigner(name: origin, key: SigningKey(seed: randomBytes(32)))
        let keys = try KeySet(
            origin: origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        return try LogIdentity(
            origin: origin, rootKey: root.verifierKey, keySetNote: keys.signed(by: root),
            signers: [signer])
    }

    package func close() throws {
        recorder.close()
        try log.close()
    }

    package func add(_ id: String, _ url: String, ring: UInt64) throws {
        var config = try CameraConfig(id: id, name: id, url: CameraURL(url), added: clock.now)
        config.ringBytes = ring
        try recorder.add(config, credentials: nil)
    }

    /// What its ring has stays.
    package func switchOff(_ id: String) throws {
        var config = try recorder.camera(id).config
        config.isOn = false
        try recorder.change(config, credentials: nil, by: Self.author)
    }

    package func frames(of id: String) throws -> UInt64 {
        try recorder.camera(id).report.status.frames
    }

    package func wait(_ id: String, frames: UInt64, seconds: Int = 120) throws {
        for _ in 0..<(seconds * 200) {
            if try self.frames(of: id) >= frames { return }
            pause(milliseconds: 5)
        }
        throw BenchFailure("\(id) did not record \(frames) frames within \(seconds) s")
    }

    package func snap(_ id: String, at instant: WallTime?) throws -> SnapAnswer {
        var request = SnapRequest(cameras: [id], by: Self.author)
        request.at = instant
        guard let answer = try recorder.snap(request).first else {
            throw BenchFailure("a snapshot without an answer")
        }
        return answer
    }
}
