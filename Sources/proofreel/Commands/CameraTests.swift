internal import Base
internal import Client
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import Server
internal import V4L2
internal import WireProtocol

extension CommandSpec {
    static let cameraTest = CommandSpec(
        path: ["camera", "test"], summary: "Find out why a camera does not work, or that it does.",
        usage: "URL|ID [-o FILE] [--json]",
        positionals: 1...1,
        options: [
            .value("o", "FILE", "write the picture that came there"),
            .value("seconds", "N", "wait for pictures so long; else 12"),
            .list("setting", "NAME=VALUE", "as in camera add"),
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel camera test 'rtsp://qa:p@ss#1@10.0.0.7/live' -o seen.jpg", ""),
            .init("proofreel camera test press-3", "with what is set for it"),
        ],
        notes: "A URL needs no server. Exit code 0 when pictures came, 1 when not.",
        run: { try TestCamera(Work(arguments: $0, console: $1)).run() })

    static let cameraDiscover = CommandSpec(
        path: ["camera", "discover"], summary: "Show the USB cameras of this machine.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel camera discover", "")],
        notes: "While a server runs, cameras that are plugged in record by themselves.",
        run: { try DiscoverCameras(Work(arguments: $0, console: $1)).run() })
}

struct TestCamera {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let target = arguments.positionals[0]
        let seconds = try arguments.number("seconds", in: 1...120) ?? 12
        let isURL = target.contains(":")
        // From where this runs, unless a server is named: that is where the camera must be reached.
        return isURL && !work.isRemote
            ? try testHere(target, seconds) : try ask(target, isURL: isURL, seconds)
    }

    private func testHere(_ target: String, _ seconds: Int) throws -> ExitCode {
        let url = try CameraURL(target)
        var settings: [String: String] = [:]
        for (name, value) in try arguments.settings() { settings[name] = value.string }
        let test = CameraTest(url, settings, clock: SystemClock(), seconds: seconds)
        let outcome = test.run { step in
            do throws(Failure) { show(try Document(CameraJSON.step(step))) } catch {}
        }
        return try finish(
            url: url.description, works: outcome.works, outcome.steps.map(CameraJSON.step),
            outcome.picture)
    }

    private func ask(_ target: String, isURL: Bool, _ seconds: Int) throws -> ExitCode {
        let settings = try arguments.settings()
        let answer = try work.askingServer { door in
            try door.ask(.cameraTest, isSafe: true) { fields in
                fields.add(isURL ? .url : .camera, target)
                fields.add(.limit, Int64(seconds))
                if !settings.isEmpty {
                    let wishes = JSONObject([("settings", .object(JSONObject(settings)))])
                    fields.add(.document, JSON.object(wishes).encode())
                }
            }
        }
        let steps = try answer.items.map { try Document($0) }
        for step in steps { show(step) }
        let outcome = try Document(answer.reply)
        return try finish(
            url: outcome.text("url") ?? "", works: outcome.bool("works"), steps.map(\.json),
            answer.body.isEmpty ? nil : answer.body)
    }

    private func show(_ step: Document) {
        guard !arguments.has("json") else { return }
        let console = work.console
        let remedy = step.text("remedy")
        let mark =
            !step.bool("holds")
            ? console.bad("no ") : remedy == nil ? console.good("ok ") : console.warning("!  ")
        let name = step.text("rung") ?? ""
        let gap = String(repeating: " ", count: max(1, 11 - name.count))
        console.print("\(mark) \(name)\(gap)\(Table.printable(step.text("words") ?? ""))")
        if let remedy { console.print("               → \(remedy)") }
    }

    private func finish(
        url: String, works: Bool, _ steps: [JSON], _ picture: [UInt8]?
    ) throws -> ExitCode {
        var file: String?
        if let path = arguments.value("o"), let picture {
            do throws(Failure) {
                try RealFileSystem().create(path, picture)
            } catch {
                guard error.kind == .alreadyExists else { throw error }
                throw Failure(.alreadyExists, "\(path) is there already; it is not overwritten")
            }
            file = path
        }
        if arguments.has("json") {
            var fields: [(String, JSON)] = [
                ("url", .string(url)), ("works", .bool(works)), ("steps", .array(steps)),
            ]
            if let file { fields.append(("file", .string(file))) }
            work.console.print(JSON.object(JSONObject(fields)))
        } else if let file {
            work.console.print("the picture is in \(file)")
        }
        return works ? .done : .failed
    }
}

struct DiscoverCameras {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let list = CameraList.now()
        if work.isRemote || work.arguments.has("json") {
            let cameras = try work.isRemote ? ask() : list.cameras.map(CameraJSON.found)
            for camera in cameras { work.console.print(camera) }
            return .done
        }
        for entry in list.unsettled {
            work.console.note(
                "\(entry.node) cannot be looked at (\(entry.failure)); add the server's user to"
                    + " the group video, or close the program that has it open")
        }
        for words in list.unsupported { work.console.note(words) }
        guard !list.cameras.isEmpty else {
            work.console.print(
                "no USB camera is plugged in; network cameras are added by their URL")
            return .done
        }
        var table = Table(["camera", "address", "known by", "now at"])
        for camera in list.cameras {
            table.add([camera.name, camera.id, camera.basis.rawValue, camera.node])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func ask() throws -> [JSON] {
        try work.asking { door in
            try door.ask(.cameraDiscover, isSafe: true).items.map { try Document($0).json }
        }
    }
}
