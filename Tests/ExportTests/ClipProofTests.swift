import Archive
import Base
import Evidence
import EvidenceFormat
import Export
import Ingest
import Linux
import Recorder
import TestSupport
import Testing

/// Real footage that is cut out in the middle of parts: each of its fragments is proven against
/// what was committed when it was recorded, by both verifiers.
@Suite(.serialized) struct ClipProofTests {
    private let scratch = Scratch()
    private let clock = SystemClock()
    private let log: EvidenceLog
    private let recorder: Recorder

    init() throws {
        (log, _) = try TestLog.open(scratch.path + "/data", clock: clock)
        var options = Recorder.Options()
        options.freeBytesMin = 1 << 20
        recorder = try Recorder(
            dataDirectory: scratch.path + "/data", log: log, clock: clock, options: options)
        _ = recorder.start()
        var config = try CameraConfig(
            id: "cam", name: "cam", url: CameraURL("test:h264?size=256x144&fps=25&gop=10&bf=2"),
            added: clock.now)
        config.ringBytes = 32 << 20
        try recorder.add(config, credentials: nil)
    }

    private func wait(frames: UInt64) throws -> WallTime {
        let camera = try recorder.camera("cam")
        for _ in 0..<3000 where camera.report.status.frames < frames {
            pauseFor(milliseconds: 20)
        }
        try #require(camera.report.status.frames >= frames)
        return clock.now
    }

    private func clip(_ from: WallTime, _ to: WallTime) throws -> ClipAnswer {
        try recorder.clip(ClipRequest(camera: "cam", from: from, to: to, by: TestLog.author))
    }

    /// What both say of a bundle of one record; they have to agree.
    private func verify(_ id: RecordID) throws -> BundleVerification {
        let bundle = try Bundled(log, .ids([id]))
        let result = try BundleSample.verify(bundle.bytes)
        scratch.write("bundle.zip", bundle.bytes)
        let root = try TestLog.rootSigner().verifierKey.text
        let other = try Ran(
            ["python3", Place.verifier, scratch.path + "/bundle.zip", "--root", root])
        #expect(
            other.code == result.verdict.exitCode,
            "\(result.verdict) \(result.findings); verify.py: \(other.output)")
        #expect(other.output.contains("No part of") == !result.notes.isEmpty, "\(other.output)")
        return result
    }

    /// The clip again, as the server's owner could write it: other bytes, or another leaf.
    private func forged(
        _ clip: ClipAnswer, _ bytes: [UInt8]? = nil, _ members: [String: JSON] = [:],
        without missing: String? = nil
    ) throws -> BundleVerification {
        let leaf = clip.receipt.leaf
        var capture = Capture()
        capture.mime = "video/mp4"
        var details: [(String, JSON)] = []
        for name in [
            "to", "frames", "init", "init_len", "w", "h", "parts", "skip", "before", "after",
        ] where name != missing {
            if let value = members[name] ?? leaf.body[name] { details.append((name, value)) }
        }
        let payload = bytes ?? clip.bytes
        let receipt = try log.addClip(
            camera: "cam", instant: leaf.time("t") ?? clock.now, capture, details: details,
            payload: payload.span, by: TestLog.author)
        return try verify(receipt.id)
    }

    private func expectRefused(
        _ result: BundleVerification, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            result.damage.contains { $0.step == 8 && $0.file.hasPrefix("data/clips/") },
            "\(result.findings)", sourceLocation: location)
    }

    @Test func `each fragment of a clip is proven, also where a part is cut at its edge`() throws {
        defer {
            recorder.close()
            try? log.close()
        }
        // Each clip commits what has been recorded by then: so there are several parts.
        let first = try wait(frames: 100)
        _ = try clip(first.adding(seconds: -1), first)
        let second = try wait(frames: 150)
        _ = try clip(second.adding(seconds: -1), second)
        let third = try wait(frames: 250)
        _ = try clip(third.adding(seconds: -1), third)

        let middle = try clip(first.adding(seconds: -2), second.adding(seconds: 1))
        let leaf = middle.receipt.leaf
        #expect(leaf.int("skip") ?? 0 > 0, "\(leaf.body)")
        #expect(leaf.body["parts"]?.array?.count ?? 0 >= 3)
        let before = try #require(leaf.body["before"]?.array)
        let after = try #require(leaf.body["after"]?.array)
        #expect(try verify(middle.receipt.id).findings.isEmpty)
        // Cut at both ends out of one part; and a whole stretch from the beginning on.
        let within = try clip(
            second.adding(seconds: 1), WallTime(microseconds: second.microseconds + 1_500_000))
        #expect(within.receipt.leaf.body["parts"]?.array?.count == 1)
        #expect(try verify(within.receipt.id).findings.isEmpty)
        let whole = try clip(first.adding(seconds: -60), third)
        #expect(whole.receipt.leaf.int("skip") == 0)
        #expect(try verify(whole.receipt.id).findings.isEmpty)

        try judge(middle)
        try attack(middle, before, after)
        try attack(within, [], [])
    }

    /// What others see in the file as it lies in a bundle.
    private func judge(_ clip: ClipAnswer) throws {
        scratch.write("clip.mp4", clip.bytes)
        let frames = clip.receipt.leaf.int("frames") ?? 0
        for (command, package, expected) in [
            (
                "ffprobe -v error -count_frames -show_entries stream=codec_name,nb_read_frames"
                    + " -of csv=p=0", "ffmpeg", "h264,\(frames)\n"
            ),
            (
                "exiftool -s3 -MIMEType -ImageSize -FileSize#", "libimage-exiftool-perl",
                "video/mp4\n256x144\n\(clip.bytes.count)\n"
            ),
        ] {
            let words = command.split(separator: " ").map(String.init)
            let ran = try Ran(words + [scratch.path + "/clip.mp4"])
            guard ran.code != 127 else {
                print("**** REFEREE SKIPPED: \(words[0]); install \(package) ****")
                continue
            }
            #expect(ran.code == 0 && ran.output == expected, "\(ran.output)")
        }
        guard Program.isInstalled("cvlc") else {
            print("**** REFEREE SKIPPED: VLC; install vlc-bin and vlc-plugin-base ****")
            return
        }
        let shown = try Program.vlc(
            scratch.path + "/clip.mp4",
            ["--play-and-exit", "--no-drop-late-frames", "--no-skip-frames"],
            pictures: Int(frames) / 2 + 1, in: scratch)
        // The last ones may be missing, because it ends with the file and not with its screen.
        #expect(shown.pictures.count > Int(frames) / 2, "\(shown.text)")
    }

    private func attack(_ clip: ClipAnswer, _ before: [JSON], _ after: [JSON]) throws {
        let start = Int(clip.receipt.leaf.int("init_len") ?? 0)
        // The media of the first and of the last fragment.
        for at in [start + 900, clip.bytes.count - 1] {
            var bytes = clip.bytes
            bytes[at] ^= 1
            expectRefused(try forged(clip, bytes))
        }
        expectRefused(
            try forged(clip, nil, ["skip": .int((clip.receipt.leaf.int("skip") ?? 0) + 1)]))
        guard !before.isEmpty, !after.isEmpty else { return }
        let wrong = JSON.string(Digest.zero.hex)
        for (name, list) in [("before", before), ("after", after)] {
            expectRefused(try forged(clip, nil, [name: .array([wrong] + list.dropFirst())]))
            expectRefused(try forged(clip, nil, [name: .array(list + [wrong])]))
            // That nothing is beside it may be so: it proves less, and both say so.
            let bare = try forged(clip, without: name)
            #expect(bare.damage.isEmpty && bare.notes.count == 1, "\(bare.findings)")
        }
    }
}

extension BundleVerification {
    fileprivate var notes: [Finding] { findings.filter { $0.severity == .note } }
}
