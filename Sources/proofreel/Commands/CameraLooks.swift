internal import Base
internal import Client
internal import Linux
internal import Server
internal import WireProtocol

extension CommandSpec {
    static let cameraList = CommandSpec(
        path: ["camera", "list"], summary: "Show all cameras and how they are.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [
            .init("proofreel camera list", ""),
            .init("proofreel camera list --json | jq -r 'select(.state != \"recording\").id'", ""),
        ],
        run: { try CameraLook(Work(arguments: $0, console: $1)).list() })

    static let cameraShow = CommandSpec(
        path: ["camera", "show"], summary: "Show all there is to know of one camera.",
        usage: "ID [--svg FILE] [--json]", positionals: 1...1,
        options: [.svg] + OptionSpec.asking,
        examples: [
            .init("proofreel camera show press-3", ""),
            .init("proofreel camera show press-3 --svg press-3.svg", "for a screen"),
        ],
        run: { try CameraLook(Work(arguments: $0, console: $1)).show() })
}

struct CameraLook {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func list() throws -> ExitCode {
        let cameras = try work.askingServer { door in
            try door.ask(.cameraList, isSafe: true).items.map { try Document($0) }
        }
        if work.printed(cameras) { return .done }
        guard !cameras.isEmpty else {
            work.console.print("no cameras yet; add one: proofreel camera add ID URL")
            return .done
        }
        let now = SystemClock().now
        var table = Table([
            "camera", "name", "state", "since", "last frame", "fps", "Mbit/s", "picture",
        ])
        for camera in cameras {
            table.add([
                camera.id, camera.text("name") ?? "", camera.text("state") ?? "",
                age(camera.time("since"), now) ?? "",
                age(camera.time("last_frame"), now) ?? "never",
                camera.text("fps") ?? "", megabits(camera), picture(camera) ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        for camera in cameras {
            if camera.bool("swapped") {
                work.console.print(
                    "\(work.console.warning(camera.id)): another device answers as this camera;"
                        + " proofreel camera show \(camera.id) says more")
            }
            guard let problem = camera.text("problem") else { continue }
            work.console.print(
                "\(work.console.warning(camera.id)): \(problem); \(camera.text("remedy") ?? "")")
        }
        return .done
    }

    func show() throws -> ExitCode {
        let camera = try work.askingServer { door in
            let id = work.arguments.positionals[0]
            if let file = work.arguments.value("svg") {
                try work.writeGraphic(file, door) { $0.add(.camera, id) }
            }
            return try Document(
                door.ask(.cameraShow, isSafe: true) { $0.add(.camera, id) }.reply)
        }
        if work.arguments.value("svg") == "-" { return .done }
        if work.arguments.has("json") {
            work.console.print(camera.json)
            return .done
        }
        for line in facts(camera).lines(work.console) { work.console.print(line) }
        let points = try camera.array("points").map { try Document($0) }
        if !points.isEmpty {
            work.console.print("\ncontrol points")
            for line in PointChange.table(points).lines(work.console) { work.console.print(line) }
        }
        let gaps = try camera.array("gaps").map { try Document($0) }
        guard !gaps.isEmpty else { return .done }
        work.console.print("\ngaps of the last 24 hours")
        var table = Table(["from", "to", "cause", ""])
        for gap in gaps.suffix(20) {
            table.add([
                gap.time("from").map(Amount.time) ?? "", gap.time("to").map(Amount.time) ?? "",
                gap.text("cause") ?? "", gap.text("detail") ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func facts(_ camera: Document) -> Facts {
        let (console, now) = (work.console, SystemClock().now)
        var facts = Facts()
        func add(_ name: String, _ value: String?) {
            if let value { facts.add(name, Table.printable(value)) }
        }
        add("camera", "\(camera.id), \(camera.text("name") ?? "")")
        add("room", camera.text("room"))
        add("work centre", camera.text("work_centre"))
        let withLogin = camera.bool("has_credentials") ? ", with a log-in" : ""
        add("address", (camera.text("url") ?? "") + withLogin)
        facts.add("state", "\(state(camera)) for \(age(camera.time("since"), now) ?? "")")
        add("problem", camera.text("problem"))
        add("remedy", camera.text("remedy"))
        if let device = camera.text("device") { self.add(device, camera, to: &facts) }
        add("nothing since", camera.time("gap_since").map(Amount.time))
        add("last frame", age(camera.time("last_frame"), now).map { "\($0) ago" })
        add(
            "picture",
            picture(camera).map {
                "\($0), \(camera.text("fps") ?? "") frames/s, \(megabits(camera)) Mbit/s"
            })
        if let words = keyFrames(camera) { facts.add("key frames", words) }
        if let offset = camera.int("clock_offset_us"), let error = camera.int("clock_error_us") {
            add(
                "camera clock",
                "\(Amount.signedMilliseconds(offset)) from ours, give or take"
                    + " \(Amount.signedMilliseconds(error).dropFirst())")
        }
        add(
            "ring",
            Amount.bytes(UInt64(camera.int("ring_bytes") ?? 0))
                + (camera.time("ring_from").map { ", from \(Amount.time($0))" } ?? ", empty"))
        if let broken = camera.text("disk_problem") { facts.add(console.bad("disk"), broken) }
        if let dropped = camera.int("dropped"), dropped > 0 {
            add(
                "dropped",
                "\(Amount.count(dropped, "frame")), the last one: \(camera.text("last_drop") ?? "")"
            )
        }
        return facts
    }

    private func state(_ camera: Document) -> String {
        switch camera.text("state") ?? "" {
        case "recording": work.console.good("recording")
        case "off": "off"
        case let state: work.console.bad(state)
        }
    }

    private func add(_ device: String, _ camera: Document, to facts: inout Facts) {
        facts.add("device", Table.printable(device))
        guard camera.bool("swapped"), let other = camera.text("other_device"),
            let from = camera.time("swapped_since")
        else { return }
        facts.add(
            "swapped",
            work.console.warning(
                "\(Table.printable(other)) answers since \(Amount.time(from)); if it is meant to:"
                    + " proofreel camera set \(camera.id) --accept-device"))
    }

    private func keyFrames(_ camera: Document) -> String? {
        guard let interval = camera.text("keyframe_interval_s"),
            let longest = camera.text("keyframe_interval_max_s")
        else { return nil }
        let text = "every \(interval) s"
        guard (Double(longest) ?? 0) > 5 else { return text }
        return work.console.warning(
            "\(text), up to \(longest) s: long, so pictures take long to decode; set a key frame"
                + " interval of 1 to 2 s on the camera, and no \"smart\" codec")
    }

    private func picture(_ camera: Document) -> String? {
        guard let codec = camera.text("codec") else { return nil }
        return "\(camera.int("width") ?? 0)x\(camera.int("height") ?? 0) \(codec)"
    }

    private func megabits(_ camera: Document) -> String {
        CameraJSON.decimal(Double(camera.int("bits_per_second") ?? 0) / 1e6)
    }

    private func age(_ time: WallTime?, _ now: WallTime) -> String? {
        time.map {
            Amount.age(seconds: max(0, (now.microseconds - $0.microseconds) / 1_000_000))
        }
    }
}
