internal import Base
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import Server
internal import V4L2

extension CommandSpec {
    static let cameraTest = CommandSpec(
        path: ["camera", "test"], summary: "Find out why a camera does not work, or that it does.",
        usage: "URL|ID [-o FILE] [--json]",
        positionals: 1...1,
        options: [
            .value("o", "FILE", "write the picture that came there"),
            .value("seconds", "N", "wait for pictures so long; else 12"),
            .list("setting", "NAME=VALUE", "as in camera add"),
        ] + OptionSpec.reading,
        examples: [
            .init("proofreel camera test 'rtsp://qa:p@ss#1@10.0.0.7/live' -o seen.jpg", ""),
            .init("proofreel camera test press-3", "with what is set for it"),
        ],
        notes: "A URL needs no server. Exit code 0 when pictures came, 1 when not.",
        place: .served,
        run: { try TestCamera(Work(arguments: $0, console: $1)).run() })

    static let cameraDiscover = CommandSpec(
        path: ["camera", "discover"], summary: "Show the USB cameras of this machine.",
        usage: "[--json]", options: OptionSpec.reading,
        examples: [.init("proofreel camera discover", "")],
        notes: "While a server runs, cameras that are plugged in record by themselves.",
        run: { try DiscoverCameras(Work(arguments: $0, console: $1)).run() })
}

struct TestCamera {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let (arguments, console) = (work.arguments, work.console)
        let (url, settings) = try target(arguments.positionals[0])
        let seconds = try arguments.number("seconds", in: 1...120) ?? 12
        let test = CameraTest(url, settings, clock: SystemClock(), seconds: seconds)
        let asJSON = arguments.has("json")
        let outcome = test.run { step in
            guard !asJSON else { return }
            let mark =
                !step.holds
                ? console.bad("no ")
                : step.remedy == nil ? console.good("ok ") : console.warning("!  ")
            let name = CameraTest.rungNames[step.rung] ?? ""
            let gap = String(repeating: " ", count: max(1, 11 - name.count))
            console.print("\(mark) \(name)\(gap)\(Table.printable(step.words))")
            if let remedy = step.remedy { console.print("               → \(remedy)") }
        }
        var file: String?
        if let path = arguments.value("o"), let picture = outcome.picture {
            do throws(Failure) {
                try RealFileSystem().create(path, picture)
            } catch {
                guard error.kind == .alreadyExists else { throw error }
                throw Failure(.alreadyExists, "\(path) is there already; it is not overwritten")
            }
            file = path
        }
        if asJSON {
            console.print(Self.json(url, outcome, file))
        } else if let file {
            console.print("the picture is in \(file)")
        }
        return outcome.works ? .done : .failed
    }

    /// An id of a camera, or a URL.
    private func target(_ text: String) throws -> (CameraURL, [String: String]) {
        guard text.contains(":") else {
            let serving = Serving.current
            let book =
                try serving?.recorder.book
                ?? CameraBook(dataDirectory: DataDirectory(work.arguments).path)
            let config = try book.camera(text)
            return (try book.openURL(of: config), config.settings)
        }
        var settings: [String: String] = [:]
        for pair in work.arguments.all("setting") {
            guard let equals = pair.firstIndex(of: "=") else {
                throw UsageError("--setting wants NAME=VALUE, not \(pair)")
            }
            settings[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return (try CameraURL(text), settings)
    }

    private static func json(
        _ url: CameraURL, _ outcome: CameraTest.Outcome, _ file: String?
    ) -> JSON {
        var fields: [(String, JSON)] = [
            ("url", .string(url.description)), ("works", .bool(outcome.works)),
            ("steps", .array(outcome.steps.map(CameraJSON.step))),
        ]
        if let file { fields.append(("file", .string(file))) }
        return .object(JSONObject(fields))
    }
}

struct DiscoverCameras {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let list = CameraList.now()
        if work.arguments.has("json") {
            for camera in list.cameras {
                work.console.print(
                    JSON.object(
                        JSONObject([
                            ("url", .string(camera.id)), ("name", .string(camera.name)),
                            ("node", .string(camera.node)),
                            ("known_by", .string(camera.basis.rawValue)),
                        ])))
            }
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
}
