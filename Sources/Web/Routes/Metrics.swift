internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Factory
internal import HTTPD
internal import Ingest
internal import Recorder
internal import Server

/// What a Prometheus server collects. `docs/http.md` lists every metric.
extension Route {
    static let metrics = Route("/metrics", ["metrics"]) { visit, site in
        try visit.allow([])
        let caller = try visit.identified()
        try site.desk.require(.status, of: caller, for: .status, on: "metrics")
        var text = MetricsText()
        try Metrics.log(site, &text)
        let cameras = try site.desk.recorder.all.filter { camera in
            // Whoever is bound to cameras is told of no others.
            caller.identity.cameras?.contains(CameraConfig.mainID(of: camera.config.id)) ?? true
        }
        Metrics.cameras(cameras, site, &text)
        try Metrics.gaps(cameras, site, &text)
        Metrics.gateway(site, &text)
        return HTTPReply(
            200, [("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), Replies.fresh],
            .bytes(text.bytes))
    }
}

enum Metrics {
    static func log(_ site: Site, _ text: inout MetricsText) throws {
        let status = try site.desk.status().object
        text.add(
            "proofreel_log_leaves_total", .counter, "Leaves in the evidence log.",
            [([], Double(site.desk.log.size))])
        text.add(
            "proofreel_log_stopped", .gauge, "1 when nothing is stored any more.",
            [([], site.desk.log.stopped == nil ? 0 : 1)])
        for (name, field, help) in [
            ("proofreel_log_segments", "segments", "Segments of the evidence log."),
            ("proofreel_data_bytes", "bytes", "Disk space that the data directory takes."),
            ("proofreel_disk_free_bytes", "free_bytes", "Free space on its disk."),
            ("proofreel_log_newest_age_seconds", "age_s", "Age of the newest leaf."),
            ("proofreel_log_holds", "holds", "Holds that bar deletion."),
            ("proofreel_scrub_faults", "scrub_faults", "Faults that the last scrub found."),
        ] {
            guard let value = status?[field]?.int else { continue }
            text.add(name, .gauge, help, [([], Double(value))])
        }
    }

    static func cameras(_ cameras: [Camera], _ site: Site, _ text: inout MetricsText) {
        let now = site.clock.now
        let states = cameras.map { (camera: $0, status: $0.report.status) }
        func each(
            _ name: String, _ kind: MetricsText.Kind, _ help: String,
            _ value: (Camera, CameraStatus) -> Double?
        ) {
            text.add(
                name, kind, help,
                states.compactMap { camera, status in
                    value(camera, status).map { ([("camera", camera.config.id)], $0) }
                })
        }
        text.add(
            "proofreel_camera_state", .gauge, "1 for the state that the camera is in.",
            states.map { camera, status in
                ([("camera", camera.config.id), ("state", status.state.rawValue)], 1)
            })
        each("proofreel_camera_up", .gauge, "1 while the camera is recorded.") { camera, _ in
            camera.light(at: now).state == .connected ? 1 : 0
        }
        each("proofreel_camera_fps", .gauge, "Frames a second.") { $1.framesPerSecond }
        each("proofreel_camera_bits_per_second", .gauge, "What it sends.") { $1.bitsPerSecond }
        each("proofreel_camera_last_frame_age_seconds", .gauge, "Age of the newest frame.") {
            $1.lastFrame.map { Double(now.microseconds - $0.microseconds) / 1e6 }
        }
        each("proofreel_camera_gap_seconds", .gauge, "How long nothing has been recorded.") {
            $1.gapSince.map { Double(now.microseconds - $0.microseconds) / 1e6 } ?? 0
        }
        each("proofreel_camera_frames_total", .counter, "Frames since the start.") {
            Double($1.frames)
        }
        each("proofreel_camera_dropped_total", .counter, "Frames refused since the start.") {
            Double($1.dropped)
        }
        each("proofreel_camera_connections_total", .counter, "Connections begun.") {
            Double($1.connections)
        }
        each("proofreel_ring_bytes", .gauge, "Size of the camera's ring.") { camera, _ in
            Double(camera.ring.byteCount)
        }
        each("proofreel_ring_used_bytes", .gauge, "What of it has footage.") { camera, _ in
            Double(camera.ring.usedBytes)
        }
        each("proofreel_ring_seconds", .gauge, "From its oldest to its newest frame.") {
            camera, _ in
            camera.ring.range.map {
                Double($0.upperBound.microseconds - $0.lowerBound.microseconds) / 1e6
            }
        }
    }

    private static let gapSeconds: Int64 = 86_400
    private static let gapsMax = 1000

    static func gaps(_ cameras: [Camera], _ site: Site, _ text: inout MetricsText) throws {
        let from = site.clock.now.adding(seconds: -gapSeconds)
        text.add(
            "proofreel_camera_gaps", .gauge, "Gaps of the last day, 1000 at most.",
            try cameras.map { camera in
                let id = camera.config.id
                let gaps = try site.desk.log.leaves(
                    .gap, ofCamera: id, from: from, limit: gapsMax)
                return ([("camera", id)], Double(gaps.count))
            })
    }

    static func gateway(_ site: Site, _ text: inout MetricsText) {
        let counts = site.tally.counts
        text.add(
            "proofreel_http_answers_total", .counter, "Answers by their status.",
            counts.answers.sorted { $0.key < $1.key }.map {
                ([("status", "\($0.key)")], Double($0.value))
            })
        text.add(
            "proofreel_http_refusals_total", .counter, "Refusals by their error.",
            counts.refusals.sorted { $0.key < $1.key }.map {
                ([("error", $0.key)], Double($0.value))
            })
        text.add(
            "proofreel_http_streams", .gauge, "Live views that go on.",
            [([], Double(site.streamCount))])
    }
}

/// The text format of Prometheus, version 0.0.4.
struct MetricsText {
    enum Kind: String { case counter, gauge }
    typealias Sample = (labels: [(name: String, value: String)], value: Double)

    private(set) var bytes: [UInt8] = []

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        var text = "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            text += "\(name)\(set) \(Self.number(sample.value))\n"
        }
        bytes += text.utf8
    }

    /// Whole numbers without a point, as readers expect of counters.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for letter in text.unicodeScalars {
            switch letter {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(letter)
            }
        }
        return escaped
    }
}
