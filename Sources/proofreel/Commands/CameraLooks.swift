internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import Server

extension CommandSpec {
    static let cameraList = CommandSpec(
        path: ["camera", "list"], summary: "Show all cameras and how they are.",
        usage: "[--json]", options: OptionSpec.reading,
        examples: [
            .init("proofreel camera list", ""),
            .init("proofreel camera list --json | jq -r 'select(.state != \"recording\").id'", ""),
        ],
        place: .server,
        run: { try CameraLook(Work(arguments: $0, console: $1)).list() })

    static let cameraShow = CommandSpec(
        path: ["camera", "show"], summary: "Show all there is to know of one camera.",
        usage: "ID [--json]", positionals: 1...1, options: OptionSpec.reading,
        examples: [.init("proofreel camera show press-3", "")],
        place: .server,
        run: { try CameraLook(Work(arguments: $0, console: $1)).show() })
}

struct CameraLook {
    private let work: Work
    private let serving: Serving

    init(_ work: Work) throws {
        self.work = work
        serving = try Serving.required()
    }

    func list() throws -> ExitCode {
        let cameras = serving.recorder.all
        if work.arguments.has("json") {
            for camera in cameras {
                work.console.print(CameraJSON.make(camera, device: device(of: camera)))
            }
            return .done
        }
        guard !cameras.isEmpty else {
            work.console.print("no cameras yet; add one: proofreel camera add ID URL")
            return .done
        }
        let now = SystemClock().now
        var table = Table([
            "camera", "name", "state", "since", "last frame", "fps", "Mbit/s", "picture",
        ])
        for camera in cameras {
            let status = camera.report.status
            let format = status.format.map { "\($0.width)x\($0.height) \($0.codec.rawValue)" }
            table.add([
                camera.config.id, camera.config.name, status.state.rawValue,
                Self.age(status.since, now), status.lastFrame.map { Self.age($0, now) } ?? "never",
                CameraJSON.decimal(status.framesPerSecond),
                CameraJSON.decimal(status.bitsPerSecond / 1e6), format ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        for camera in cameras {
            if device(of: camera)?.isSwapped == true {
                let id = camera.config.id
                work.console.print(
                    "\(work.console.warning(id)): another device answers as this camera;"
                        + " proofreel camera show \(id) says more")
            }
            guard let failure = camera.report.status.failure else { continue }
            work.console.print(
                "\(work.console.warning(camera.config.id)): \(failure.words); \(failure.remedy)")
        }
        return .done
    }

    private func device(of camera: Camera) -> KnownDevice? {
        serving.recorder.book.all.first { $0.id == camera.config.id }?.device
    }

    func show() throws -> ExitCode {
        let camera = try serving.recorder.camera(work.arguments.positionals[0])
        let now = SystemClock().now
        let gaps = try serving.session.log.leaves(
            .gap, ofCamera: camera.config.id, from: now.adding(seconds: -86_400), limit: 1000)
        if work.arguments.has("json") {
            let list = gaps.map(CameraJSON.gap)
            work.console.print(CameraJSON.make(camera, device: device(of: camera), gaps: list))
            return .done
        }
        for line in facts(camera, now).lines(work.console) { work.console.print(line) }
        guard !gaps.isEmpty else { return .done }
        work.console.print("\ngaps of the last 24 hours")
        var table = Table(["from", "to", "cause", ""])
        for leaf in gaps.suffix(20) {
            table.add([
                leaf.time("from").map(Amount.time) ?? "", leaf.time("to").map(Amount.time) ?? "",
                leaf.string("cause") ?? "", leaf.string("detail") ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func facts(_ camera: Camera, _ now: WallTime) -> Facts {
        let (config, status, console) = (camera.config, camera.report.status, work.console)
        var facts = Facts()
        facts.add("camera", "\(config.id), \(config.name)")
        if let room = config.room { facts.add("room", room) }
        if let centre = config.workCentre { facts.add("work centre", centre) }
        let withLogin = config.sealed == nil ? "" : ", with a log-in"
        facts.add("address", config.url.description + withLogin)
        let state = status.state.rawValue
        let shown =
            status.state == .recording
            ? console.good(state) : status.state == .off ? state : console.bad(state)
        facts.add("state", "\(shown) for \(Self.age(status.since, now))")
        if let failure = status.failure {
            facts.add("problem", failure.words)
            facts.add("remedy", failure.remedy)
        }
        if let device = device(of: camera) { add(device, of: config.id, to: &facts) }
        if let gap = status.gapSince { facts.add("nothing since", Amount.time(gap)) }
        if let last = status.lastFrame { facts.add("last frame", "\(Self.age(last, now)) ago") }
        if let format = status.format {
            facts.add(
                "picture",
                "\(format.width)x\(format.height) \(format.codec.rawValue),"
                    + " \(CameraJSON.decimal(status.framesPerSecond)) frames/s,"
                    + " \(CameraJSON.decimal(status.bitsPerSecond / 1e6)) Mbit/s")
        }
        if let interval = status.keyInterval, let longest = status.keyIntervalMax {
            let text = "every \(CameraJSON.decimal(interval)) s"
            let isLong = longest > 5
            facts.add(
                "key frames",
                isLong
                    ? console.warning(
                        "\(text), up to \(CameraJSON.decimal(longest)) s: long, so pictures take"
                            + " long to decode; set a key frame interval of 1 to 2 s on the camera,"
                            + " and no \"smart\" codec") : text)
        }
        if let clock = status.clock {
            facts.add(
                "camera clock",
                "\(Amount.signedMilliseconds(clock.offsetMicroseconds)) from ours, give or take"
                    + " \(Amount.signedMilliseconds(clock.errorMicroseconds).dropFirst())")
        }
        facts.add(
            "ring",
            Amount.bytes(camera.ring.byteCount)
                + (camera.ring.range.map { ", from \(Amount.time($0.lowerBound))" } ?? ", empty"))
        if let broken = camera.ring.broken { facts.add(console.bad("disk"), broken.words) }
        if status.dropped > 0 {
            facts.add(
                "dropped",
                "\(Amount.count(status.dropped, "frame")), the last one: \(status.lastDrop ?? "")")
        }
        return facts
    }

    private func add(_ device: KnownDevice, of id: String, to facts: inout Facts) {
        facts.add("device", Table.printable(CameraJSON.text(device.own)))
        guard device.isSwapped, let other = device.other, let from = device.otherFrom else {
            return
        }
        facts.add(
            "swapped",
            work.console.warning(
                "\(Table.printable(CameraJSON.text(other))) answers since \(Amount.time(from));"
                    + " if it is meant to: proofreel camera set \(id) --accept-device"))
    }

    private static func age(_ time: WallTime, _ now: WallTime) -> String {
        Amount.age(seconds: max(0, (now.microseconds - time.microseconds) / 1_000_000))
    }
}
