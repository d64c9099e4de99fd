internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import Recorder
internal import WireProtocol

extension OptionSpec {
    fileprivate static let camera = [
        value("name", "TEXT", "what people call it"),
        value("room", "TEXT", "the room it is in"),
        value("work-centre", "TEXT", "the work centre it looks at"),
        value("ring", "SIZE", "disk space of its ring, such as 500MB or 4GB; else 2GB"),
        value("keep", "DURATION", "forget footage older than this; else what fits is kept"),
        value("sub", "URL", "its second, smaller stream; recorded as ID/sub"),
        value("sub-ring", "SIZE", "disk space of that one's ring; else 256MB"),
        value("user", "NAME", "log-in, where the URL has none"),
        value("password-file", "FILE", "file with the password; - for standard input"),
        list("setting", "NAME=VALUE", "transport=udp, rate=2, verify-tls=off, size=1280x720, …"),
    ]
}

extension CommandSpec {
    static let cameraAdd = CommandSpec(
        path: ["camera", "add"], summary: "Add a camera; it records from then on.",
        usage: "ID URL [--name TEXT] [--room TEXT] [options]",
        positionals: 2...2,
        options: OptionSpec.camera + [.flag("off", "do not record yet")] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel camera add press-3 'rtsp://qa:p@ss#1@10.0.0.7/live' --room \"Hall 2\"",
                ""),
            .init("proofreel camera add gate http://10.0.0.8/now.jpg --setting rate=2", "stills"),
            .init(
                "proofreel camera add press-4 rtsp://10.0.0.9/main --sub rtsp://10.0.0.9/small",
                "a second, smaller stream, recorded as press-4/sub"),
            .init("proofreel camera add try-1 test:h264", "a moving pattern, without hardware"),
        ],
        notes: "Passwords may have any characters, as typed; they are kept encrypted and never"
            + " shown again.",
        run: { try CameraChange(Work(arguments: $0, console: $1)).add() })

    static let cameraSet = CommandSpec(
        path: ["camera", "set"], summary: "Change a camera; its ring stays.",
        usage: "ID [--url URL] [options]",
        positionals: 1...1,
        options: [
            .value("url", "URL", "another address"),
            .flag("accept-device", "the device that answers now is the camera's from now on"),
        ] + OptionSpec.camera + OptionSpec.adding,
        examples: [
            .init("proofreel camera set press-3 --room \"Hall 2\"", ""),
            .init("proofreel camera set press-3 --user qa --password-file -", "a new password"),
            .init("proofreel camera set press-3 --setting transport=", "back to the default"),
            .init("proofreel camera set press-3 --accept-device", "the camera was exchanged"),
        ],
        run: { try CameraChange(Work(arguments: $0, console: $1)).set() })

    static let cameraOn = toggle("on", "Let a camera record again.")
    static let cameraOff = toggle("off", "Let a camera rest; its settings and its ring stay.")

    private static func toggle(_ word: String, _ summary: String) -> CommandSpec {
        CommandSpec(
            path: ["camera", word], summary: summary, usage: "ID",
            positionals: 1...1, options: OptionSpec.adding,
            examples: [.init("proofreel camera \(word) press-3", "")],
            run: {
                try CameraChange(Work(arguments: $0, console: $1)).turn(word == "on")
            })
    }

    static let cameraRemove = CommandSpec(
        path: ["camera", "remove"], summary: "Forget a camera and its ring; evidence stays.",
        usage: "ID", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel camera remove press-3", "")],
        run: { try CameraChange(Work(arguments: $0, console: $1)).remove() })
}

struct CameraChange {
    let work: Work

    init(_ work: Work) { self.work = work }

    var arguments: Arguments { work.arguments }
    var id: String { arguments.positionals[0] }

    func add() throws -> ExitCode {
        var wishes = try wishes()
        if arguments.has("off") { wishes.append(("on", .bool(false))) }
        let words =
            arguments.has("off") ? "\(id) is added, switched off" : "\(id) records from now on"
        return try change(.cameraAdd, url: arguments.positionals[1], wishes, words)
    }

    func set() throws -> ExitCode {
        var wishes = try wishes()
        let accepts = arguments.has("accept-device")
        if accepts { wishes.append(("accept_device", .bool(true))) }
        guard !wishes.isEmpty || arguments.value("url") != nil else {
            throw UsageError("say what should change, such as --room TEXT or --url URL")
        }
        let isAll = accepts && wishes.count == 1 && arguments.value("url") == nil
        return try change(
            .cameraSet, url: arguments.value("url"), wishes,
            isAll ? "the device that answers as \(id) is its own now" : "\(id) is changed")
    }

    func turn(_ on: Bool) throws -> ExitCode {
        try change(
            on ? .cameraOn : .cameraOff, url: nil, [],
            on ? "\(id) records from now on" : "\(id) is off")
    }

    func remove() throws -> ExitCode {
        try work.askingServer { door in
            let answer = try door.ask(.cameraRemove) { $0.add(.camera, id) }
            work.show(
                try Document(answer.reply), "\(id) is forgotten, with its ring; its evidence stays")
        }
        return .done
    }

    private func change(
        _ operation: WireProtocol.Operation, url: String?, _ wishes: [(String, JSON)],
        _ words: String
    ) throws -> ExitCode {
        try work.askingServer { door in
            let answer = try door.ask(operation) { fields in
                fields.add(.camera, id)
                fields.add(.url, url)
                if !wishes.isEmpty {
                    fields.add(.document, JSON.object(JSONObject(wishes)).encode())
                }
            }
            let camera = try Document(answer.reply)
            let hint = work.console.faint("see: proofreel camera show \(id)")
            work.show(camera, camera.bool("on") ? "\(words)\n\(hint)" : words)
        }
        return .done
    }

    // MARK: What is wanted

    private func wishes() throws -> [(String, JSON)] {
        var wishes: [(String, JSON)] = []
        for (option, name) in [("name", "name"), ("room", "room"), ("work-centre", "work_centre")] {
            if let text = arguments.value(option) { wishes.append((name, .string(text))) }
        }
        if let bytes = try arguments.size("ring") {
            wishes.append(("ring_bytes", .int(Int64(clamping: bytes))))
        }
        if let keep = try arguments.duration("keep") {
            wishes.append(("ring_s", .int(max(1, keep / 1_000_000))))
        }
        let settings = try arguments.settings()
        if !settings.isEmpty { wishes.append(("settings", .object(JSONObject(settings)))) }
        wishes += try logIn()
        return wishes + (try sub().map { [("sub", $0)] } ?? [])
    }

    private func logIn() throws -> [(String, JSON)] {
        guard let user = arguments.value("user") else {
            guard arguments.value("password-file") == nil else {
                throw UsageError("--password-file wants --user NAME beside it")
            }
            return []
        }
        guard let path = arguments.value("password-file") else { return [("user", .string(user))] }
        let bytes =
            path == "-"
            ? try work.console.readInput(limit: 4096)
            : try RealFileSystem().contents(of: path, limit: 4096)
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last == "\n" || text.last == "\r\n" { text.removeLast() }
        return [("user", .string(user)), ("password", .string(text))]
    }

    private func sub() throws -> JSON? {
        var sub: [(String, JSON)] = []
        if let url = arguments.value("sub") { sub.append(("url", .string(url))) }
        if let bytes = try arguments.size("sub-ring") {
            sub.append(("ring_bytes", .int(Int64(clamping: bytes))))
        }
        return sub.isEmpty ? nil : .object(JSONObject(sub))
    }
}

extension Arguments {
    /// What `--setting NAME=VALUE` says, for a camera's document.
    func settings() throws -> [(String, JSON)] {
        try all("setting").map { text in
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw UsageError("--setting wants NAME=VALUE, not \(text)")
            }
            return (
                String(text[..<equals]), .string(String(text[text.index(after: equals)...]))
            )
        }
    }

    /// The stream of a camera that `--stream` asks for.
    func stream(of camera: String) throws -> String {
        switch value("stream") {
        case nil, "main": return camera
        case "sub": return CameraConfig.subID(of: camera)
        default: throw UsageError("--stream should be main or sub")
        }
    }
}

extension OptionSpec {
    static let stream = value("stream", "main|sub", "which of its streams; else main")
}
