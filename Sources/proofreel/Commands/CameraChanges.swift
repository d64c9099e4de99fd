internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import Server

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
        options: OptionSpec.camera + [.flag("off", "do not record yet")] + OptionSpec.writing,
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
        place: .server,
        run: { try CameraChange(Work(arguments: $0, console: $1)).add() })

    static let cameraSet = CommandSpec(
        path: ["camera", "set"], summary: "Change a camera; its ring stays.",
        usage: "ID [--url URL] [options]",
        positionals: 1...1,
        options: [
            .value("url", "URL", "another address"),
            .flag("accept-device", "the device that answers now is the camera's from now on"),
        ] + OptionSpec.camera + OptionSpec.writing,
        examples: [
            .init("proofreel camera set press-3 --room \"Hall 2\"", ""),
            .init("proofreel camera set press-3 --user qa --password-file -", "a new password"),
            .init("proofreel camera set press-3 --setting transport=", "back to the default"),
            .init("proofreel camera set press-3 --accept-device", "the camera was exchanged"),
        ],
        place: .server,
        run: { try CameraChange(Work(arguments: $0, console: $1)).set() })

    static let cameraOn = toggle("on", "Let a camera record again.")
    static let cameraOff = toggle("off", "Let a camera rest; its settings and its ring stay.")

    private static func toggle(_ word: String, _ summary: String) -> CommandSpec {
        CommandSpec(
            path: ["camera", word], summary: summary, usage: "ID",
            positionals: 1...1, options: OptionSpec.writing,
            examples: [.init("proofreel camera \(word) press-3", "")],
            place: .server,
            run: {
                try CameraChange(Work(arguments: $0, console: $1)).turn(word == "on")
            })
    }

    static let cameraRemove = CommandSpec(
        path: ["camera", "remove"], summary: "Forget a camera and its ring; evidence stays.",
        usage: "ID", positionals: 1...1, options: OptionSpec.writing,
        examples: [.init("proofreel camera remove press-3", "")],
        place: .server,
        run: { try CameraChange(Work(arguments: $0, console: $1)).remove() })
}

struct CameraChange {
    let work: Work
    let recorder: Recorder

    init(_ work: Work) throws {
        self.work = work
        recorder = try Serving.required().recorder
    }

    var arguments: Arguments { work.arguments }
    var id: String { arguments.positionals[0] }

    func add() throws -> ExitCode {
        let url = try CameraURL(arguments.positionals[1])
        var config = try CameraConfig(
            id: id, name: arguments.value("name") ?? id, url: url, added: SystemClock().now)
        config.isOn = !arguments.has("off")
        try apply(to: &config)
        // All that can be wrong with it is found before anything is added.
        let sub = try newSub(of: config)
        let credentials = try credentials(url)
        if config.isSub {
            try recorder.add(sub: config, credentials: credentials)
        } else {
            try recorder.add(config, credentials: credentials)
        }
        if let sub { try recorder.add(sub: sub.config, credentials: sub.credentials) }
        return try done(config.isOn ? "\(id) records from now on" : "\(id) is added, switched off")
    }

    func set() throws -> ExitCode {
        if arguments.has("accept-device") {
            try recorder.acceptDevice(of: id)
            // Nothing else to change, so nothing to interrupt recording for.
            if !changesMore { return try done("the device that answers as \(id) is its own now") }
        }
        var config = try recorder.book.camera(id)
        var credentials = try credentials(nil)
        if let text = arguments.value("url") {
            let url = try CameraURL(text)
            config.url = url.with(user: nil, password: nil)
            credentials = try self.credentials(url)
        }
        try apply(to: &config)
        let sub = try newSub(of: config)
        try recorder.change(config, credentials: credentials, by: work.author)
        try setSub(sub, of: config, credentials)
        return try done("\(id) is changed")
    }

    private var changesMore: Bool {
        arguments.value("url") != nil
            || OptionSpec.camera.contains { !arguments.all($0.name).isEmpty }
    }

    func turn(_ on: Bool) throws -> ExitCode {
        let config = try recorder.book.camera(id)
        for var stream in [config] + (recorder.sub(of: id).map { [$0] } ?? []) {
            stream.isOn = on
            try recorder.change(stream, credentials: nil, by: work.author)
        }
        return try done(on ? "\(id) records from now on" : "\(id) is off")
    }

    func remove() throws -> ExitCode {
        try recorder.remove(id)
        work.console.print("\(id) is forgotten, with its ring; its evidence stays")
        return .done
    }

    private func done(_ words: String) throws -> ExitCode {
        if arguments.has("json") {
            work.console.print(
                CameraJSON.make(
                    try recorder.camera(id), device: try recorder.book.camera(id).device))
        } else {
            work.console.print(words)
            if recorder.book.all.first(where: { $0.id == id })?.isOn == true {
                work.console.print(work.console.faint("see: proofreel camera show \(id)"))
            }
        }
        return .done
    }

    private func apply(to config: inout CameraConfig) throws {
        if let name = arguments.value("name") { config.name = name }
        if let room = arguments.value("room") { config.room = room }
        if let centre = arguments.value("work-centre") { config.workCentre = centre }
        if let bytes = try arguments.size("ring") { config.ringBytes = bytes }
        if let keep = try arguments.duration("keep") {
            config.ringSeconds = max(1, keep / 1_000_000)
        }
        let known = SourceMaker.settingNames(config.url.scheme)
        for text in arguments.all("setting") {
            guard let equals = text.firstIndex(of: "=") else {
                throw UsageError("--setting wants NAME=VALUE, not \(text)")
            }
            let name = String(text[..<equals])
            let value = String(text[text.index(after: equals)...])
            guard known.contains(name) || (name.hasPrefix("control.") && config.url.scheme == .usb)
            else {
                throw UsageError(
                    "\(config.url.scheme) cameras have no setting \(name)"
                        + (known.isEmpty ? "" : "; there are: \(known.joined(separator: ", "))"))
            }
            config.settings[name] = value.isEmpty ? nil : value
        }
    }

    private func credentials(_ url: CameraURL?) throws -> CameraBook.Credentials? {
        let user = arguments.value("user") ?? url?.user
        guard let user else {
            if arguments.value("password-file") != nil {
                throw UsageError("--password-file wants --user NAME beside it")
            }
            return nil
        }
        var password = url?.password
        if let path = arguments.value("password-file") {
            let bytes =
                path == "-"
                ? try work.console.readInput(limit: 4096)
                : try RealFileSystem().contents(of: path, limit: 4096)
            var text = String(decoding: bytes, as: UTF8.self)
            while text.last == "\n" || text.last == "\r\n" { text.removeLast() }
            password = text
        }
        return CameraBook.Credentials(user: user, password: password)
    }
}
