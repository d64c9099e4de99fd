package import Base
internal import Crypto
package import EvidenceFormat
package import Evidence
package import Store

/// Keys that are the same in every run, and logs made with them.
package enum TestLog {
    package static let origin = "evidence.test/log/e1"
    package static let author = Author(actor: "ann", session: "s1")
    package static let second = Author(actor: "bob", session: "s2")

    package static func rootSigner() throws -> NoteSigner {
        try NoteSigner(
            name: "root.test", key: SigningKey(seed: [UInt8](repeating: 1, count: 32)))
    }

    package static func logSigner(_ seed: UInt8 = 2) throws -> NoteSigner {
        try NoteSigner(name: origin, key: SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    }

    package static func identity() throws -> LogIdentity {
        let root = try rootSigner()
        let signer = try logSigner()
        let keys = try KeySet(
            origin: origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        return try LogIdentity(
            origin: origin, rootKey: root.verifierKey, keySetNote: keys.signed(by: root),
            signers: [signer])
    }

    package static func engine(_ path: String) throws -> EmbeddedEngine {
        try EmbeddedEngine(path)
    }

    package static func options() -> EvidenceLog.Options {
        var options = EvidenceLog.Options()
        options.careThread = false
        options.groupBytes = 1 << 20
        return options
    }

    package static func open(
        _ path: String, clock: any Clock = ManualClock(), options: EvidenceLog.Options = options()
    ) throws -> (log: EvidenceLog, report: RecoveryReport) {
        try EvidenceLog.open(
            try engine(path), identity: try identity(), clock: clock, options: options)
    }

    /// On files that fail when they are told to.
    package static func open(
        on files: FaultyFileSystem, clock: any Clock
    ) throws -> (log: EvidenceLog, report: RecoveryReport) {
        try EvidenceLog.open(
            try EmbeddedEngine(files.root, files: files), identity: try identity(), clock: clock,
            options: options())
    }

    /// A picture that nobody could mistake for another.
    package static func picture(_ number: Int, bytes: Int = 2000) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(number) &+ 77)
        return random.bytes(bytes)
    }

    package static func check(_ number: Int) throws -> Link {
        try Link(kind: "check", value: "odoo:test/quality.check/\(number)")
    }

    @discardableResult
    package static func add(
        _ log: EvidenceLog, _ number: Int, camera: String = "cam-1", links: [Link] = [],
        bytes: Int = 2000, at instant: WallTime? = nil, request: String? = nil,
        by author: Author = author
    ) throws -> Receipt {
        var capture = Capture()
        capture.links = links
        capture.request = request
        let picture = picture(number, bytes: bytes)
        return try log.addSnapshot(
            camera: camera,
            instant: instant
                ?? WallTime(microseconds: 1_790_000_000_000_000 + Int64(number) * 1000),
            capture, payload: picture.span, by: author)
    }

    /// A stream and the picture that was rendered from its last frame, as the recorder stores them.
    package static func addPair(
        _ log: EvidenceLog, _ number: Int, at instant: WallTime, links: [Link] = []
    ) throws -> (stream: RecordID, picture: RecordID) {
        var capture = Capture()
        capture.links = links
        capture.mime = "video/mp4"
        let (stream, picture) = (picture(number), picture(number + 1000))
        let end = instant.adding(seconds: 1)
        let clip = try log.addClip(
            camera: "cam-1", instant: instant, capture,
            details: [
                ("to", .string(end.description)), ("frames", .int(25)), ("use", .string("stream")),
                ("init", .string(Digest.zero.hex)), ("init_len", .int(10)),
            ], payload: stream.span, by: author)
        capture.mime = "image/jpeg"
        let snapshot = try log.addSnapshot(
            camera: "cam-1", instant: end, capture,
            details: [("clip", .string(clip.id.description))], payload: picture.span, by: author)
        return (clip.id, snapshot.id)
    }
}
