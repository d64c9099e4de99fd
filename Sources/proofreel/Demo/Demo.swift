internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder

/// A few pictures to try things on: three checks of two work orders, one closed, one picture held.
enum Demo {
    static let author = Author(actor: "demo")

    static func fill(_ log: EvidenceLog) throws {
        let now = SystemClock().now
        var first: RecordID?
        for number in 1...6 {
            let check = (number + 1) / 2
            var capture = Capture()
            capture.mime = "image/png"
            capture.request = "demo-\(number)"
            capture.links = [
                try Link(
                    kind: "check", value: "demo/quality.check/\(check)",
                    refs: ["QC-0000\(check)"]),
                try Link(kind: "work-order", value: check < 3 ? "WH/MO/00001" : "WH/MO/00002"),
                try Link(kind: "serial", value: "SN-2026-000\(number)"),
            ]
            let picture = PNG.pattern(width: 96, height: 64, seed: number)
            let receipt = try log.addImport(
                name: "demo-\(number).png", source: "demo",
                instant: now.adding(seconds: Int64(number) * 60 - 600), capture,
                payload: picture.span, by: author)
            first = first ?? receipt.id
        }
        _ = try log.close(
            check: "demo/quality.check/1", verdict: "pass", reason: "demo", by: author)
        if let first { _ = try log.hold(.record(first), reason: "demo of a hold", by: author) }
    }

    /// Three cameras without hardware: a moving pattern each, in both ways of coding.
    static func addCameras(_ recorder: Recorder) throws {
        let cameras = [
            ("press-3", "Press 3", "Press shop", "h264?size=1280x720&fps=25&gop=50"),
            ("paint-1", "Paint line", "Paint shop", "mjpeg?size=1280x720&fps=10"),
            ("pack-2", "Packing 2", "Packing", "h264?size=640x480&fps=15&gop=30&bf=2"),
        ]
        for (id, name, room, pattern) in cameras {
            var config = try CameraConfig(
                id: id, name: name, url: try CameraURL("test:\(pattern)"), added: SystemClock().now)
            config.room = room
            config.ringBytes = 256 << 20
            try recorder.add(config, credentials: nil)
        }
    }
}
