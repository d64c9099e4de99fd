internal import Base
package import EvidenceFormat
package import Ingest
package import Recorder
package import V4L2

/// A camera as scripts get it; `docs/cli.md` has the fields. What is not known is left out, and
/// credentials are never known here.
package enum CameraJSON {
    package static func make(
        _ camera: Camera, device: KnownDevice?, gaps: [JSON]? = nil, points: [JSON]? = nil
    ) -> JSON {
        let config = camera.config
        let status = camera.report.status
        var fields: [(String, JSON)] = [
            ("id", .string(config.id)), ("name", .string(config.name)),
            ("role", .string(config.isSub ? "sub" : "main")),
            ("url", .string(config.url.description)), ("state", .string(status.state.rawValue)),
            ("since", .string(status.since.description)),
            ("has_credentials", .bool(config.sealed != nil)), ("on", .bool(config.isOn)),
            ("frames", .int(Int64(clamping: status.frames))),
            ("dropped", .int(Int64(clamping: status.dropped))),
            ("connections", .int(Int64(clamping: status.connections))),
            ("fps", .string(decimal(status.framesPerSecond))),
            ("bits_per_second", .int(Int64(status.bitsPerSecond))),
            ("ring_bytes", .int(Int64(clamping: camera.ring.byteCount))),
            (
                "settings",
                .object(JSONObject(config.settings.map { ($0.key, JSON.string($0.value)) }))
            ),
        ]
        func text(_ name: String, _ value: String?) {
            if let value { fields.append((name, .string(value))) }
        }
        text("room", config.room)
        text("work_centre", config.workCentre)
        text("last_frame", status.lastFrame?.description)
        text("gap_since", status.gapSince?.description)
        text("last_drop", status.lastDrop)
        if let format = status.format {
            text("codec", format.codec.rawValue)
            fields.append(("width", .int(Int64(format.width))))
            fields.append(("height", .int(Int64(format.height))))
        }
        text("keyframe_interval_s", status.keyInterval.map(decimal))
        text("keyframe_interval_max_s", status.keyIntervalMax.map(decimal))
        if let clock = status.clock {
            fields.append(("clock_offset_us", .int(clock.offsetMicroseconds)))
            fields.append(("clock_error_us", .int(clock.errorMicroseconds)))
        }
        if let range = camera.ring.range {
            text("ring_from", range.lowerBound.description)
            text("ring_to", range.upperBound.description)
        }
        if let failure = status.failure {
            text("cause", failure.cause.rawValue)
            text("problem", failure.words)
            text("remedy", failure.remedy)
        }
        if let device { fields.append(contentsOf: Self.fields(device)) }
        if let broken = camera.ring.broken { text("disk_problem", broken.words) }
        if let gaps { fields.append(("gaps", .array(gaps))) }
        if let points { fields.append(("points", .array(points))) }
        return .object(JSONObject(fields))
    }

    /// A gap as `camera show` lists it.
    package static func gap(_ leaf: Leaf) -> JSON {
        .object(
            JSONObject(
                ["from", "to", "cause", "detail"].compactMap { name in
                    leaf.string(name).map { (name, JSON.string($0)) }
                }))
    }

    /// A USB camera that is plugged in.
    package static func found(_ camera: USBCamera) -> JSON {
        .object(
            JSONObject([
                ("url", .string(camera.id)), ("name", .string(camera.name)),
                ("node", .string(camera.node)), ("known_by", .string(camera.basis.rawValue)),
            ]))
    }

    /// A rung of a camera's test.
    package static func step(_ step: Ladder.Step) -> JSON {
        var fields: [(String, JSON)] = [
            ("rung", .string(CameraTest.rungNames[step.rung] ?? "")), ("holds", .bool(step.holds)),
            ("words", .string(step.words)),
        ]
        if let remedy = step.remedy { fields.append(("remedy", .string(remedy))) }
        return .object(JSONObject(fields))
    }

    private static func fields(_ device: KnownDevice) -> [(String, JSON)] {
        var fields: [(String, JSON)] = [
            ("device", .string(text(device.own))), ("swapped", .bool(device.isSwapped)),
        ]
        if device.isSwapped, let other = device.other, let from = device.otherFrom {
            fields.append(("other_device", .string(text(other))))
            fields.append(("swapped_since", .string(from.description)))
        }
        return fields
    }

    /// A device in a few words.
    package static func text(_ traits: DeviceTraits) -> String {
        [traits.name, traits.hardware].compactMap(\.self).joined(separator: ", ")
    }

    /// Leaves' JSON has whole numbers only, so fractions travel as text.
    package static func decimal(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
