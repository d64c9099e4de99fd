internal import Base
internal import Client
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Recorder
internal import WireProtocol

extension CommandSpec {
    static let snap = CommandSpec(
        path: ["snap"], summary: "Take the picture of an instant: now, or any in the ring.",
        usage: "CAMERA… [--at TIME] [--check ID] [-o FILE]",
        positionals: 1...SnapRequest.camerasMax,
        options: [
            .value("at", "TIME", "the instant; else now"),
            .value("tolerance", "DURATION", "how far the frame may be from it; else 1s"),
            .value("neighbours", "N", "tell the instants of N frames before and after"),
            .value("request-id", "ID", "the same id again gets the same answer, and one record"),
            .stream,
            .value("trigger", "TEXT", "what asked for it, such as key:F9"),
            .value("o", "FILE", "write the picture there; - for standard output"),
        ] + OptionSpec.links + OptionSpec.adding,
        examples: [
            .init("proofreel snap press-3 -o now.jpg", "the newest frame"),
            .init("proofreel snap press-3 --at -200ms --check odoo:6f1c/quality.check/17", ""),
            .init("proofreel snap press-3 press-4 --work-order WH/MO/00001", "one shot of two"),
            .init("proofreel snap press-3 --at 14:03:05 --json | jq .distance_ms", "for scripts"),
        ],
        notes: "Never a stale picture: without a frame within the tolerance there is an error"
            + " that says why.\nTIME: \(TimeText.examples).",
        run: { try Snap(Work(arguments: $0, console: $1)).run() })
}

struct Snap {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        var request = SnapRequest(
            cameras: try arguments.positionals.map { try arguments.stream(of: $0) },
            by: work.author)
        request.at = try arguments.time("at")
        if let tolerance = try arguments.duration("tolerance") {
            request.toleranceMicroseconds = tolerance
        }
        request.neighbours =
            try arguments.number("neighbours", in: 0...SnapRequest.neighboursMax) ?? 0
        request.links = try LinkText.links(arguments)
        // A connection that breaks must not take a second picture.
        request.request =
            try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        request.trigger = arguments.value("trigger")
        let target = arguments.value("o")
        if request.cameras.count > 1, let target, !target.hasSuffix("/") {
            throw UsageError("for several cameras -o should be a folder, with a / at its end")
        }
        return try work.answering { door in
            let answer = try door.ask(.snap, isSafe: true) { $0.add(request) }
            for (camera, item) in zip(request.cameras, answer.items) {
                try show(try Document(item), camera, target, door, isAlone: request.cameras.count)
            }
        }
    }

    private func show(
        _ record: Document, _ camera: String, _ target: String?, _ door: any Door, isAlone: Int
    ) throws {
        let shows =
            target == nil && work.console.isTerminal && isAlone <= OfferedPicture.shownMax
            && !work.arguments.has("json")
        let picture = target == nil && !shows ? nil : try self.picture(of: record, door)
        var file: String?
        if let target, let picture { file = try write(picture, record, camera, target) }
        if work.arguments.has("json") {
            work.console.print(file.map { record.adding([("file", .string($0))]) } ?? record.json)
            return
        }
        if target == "-" { return }
        for line in facts(record, camera, file).lines(work.console) { work.console.print(line) }
        if shows, let picture, let id = RecordID(record.id) {
            try OfferedPicture(id, orFile: nil, picture).show(work.console)
        }
    }

    /// The picture that was stored a moment ago, as it was stored.
    private func picture(of record: Document, _ door: any Door) throws -> [UInt8] {
        let bytes = try door.ask(.get, isSafe: true) { $0.add(.id, record.id) }.body
        guard SHA256.hash(bytes.span).hex == record.text("sha256") else {
            throw Failure(
                .corrupt, "the bytes that came for \(record.id) are not those that were recorded")
        }
        return bytes
    }

    private func facts(_ record: Document, _ camera: String, _ file: String?) -> Facts {
        let console = work.console
        var facts = Facts()
        facts.add(
            record.bool("repeated") ? "known" : console.good("taken"),
            "\(camera), \(record.time("instant").map(Amount.time) ?? "")")
        facts.add("id", record.id)
        if let distance = record.leaf?["dist_us"]?.int {
            facts.add("distance", "\(Amount.signedMilliseconds(distance)) from the asked instant")
        }
        if let offset = record.object("clock")?["camera_offset_us"]?.int {
            facts.add("camera clock", "\(Amount.signedMilliseconds(offset)) from ours")
        }
        facts.add(
            "picture",
            "\(record.int("width") ?? 0)x\(record.int("height") ?? 0),"
                + " \(Amount.bytes(UInt64(record.int("bytes") ?? 0)))"
                + (file.map { ", in \($0)" } ?? ""))
        let flags = record.array("flags").compactMap(\.string)
        if !flags.isEmpty {
            facts.add(console.warning("note"), flags.joined(separator: ", "))
        }
        for link in record.links { facts.add(link.kind, Table.printable(link.value)) }
        for instant in record.array("neighbours").compactMap({ $0.string.flatMap { WallTime($0) } })
        {
            facts.add("neighbour", Amount.time(instant))
        }
        return facts
    }

    private func write(
        _ picture: [UInt8], _ record: Document, _ camera: String, _ target: String
    ) throws -> String? {
        if target == "-" {
            work.console.write(picture)
            return nil
        }
        var path = target
        if target.hasSuffix("/") {
            try RealFileSystem().createDirectory(String(target.dropLast()))
            let name = camera.split(separator: "/").joined(separator: ".")
            path = "\(target)\(name)-\(record.id).jpg"
        }
        try Work.create(path, picture, storedAs: record.id)
        return path
    }
}

extension FieldWriter {
    fileprivate mutating func add(_ request: SnapRequest) {
        for camera in request.cameras { add(.camera, camera) }
        add(.at, request.at)
        add(.toleranceMicroseconds, request.toleranceMicroseconds)
        for text in LinkText.texts(request.links) { add(.link, text) }
        add(.requestID, request.request)
        add(.trigger, request.trigger)
        add(.neighbours, Int64(request.neighbours))
    }
}

/// What commands that take something from a ring share.
extension Work {
    /// A refusal is an answer too, with its kind for scripts.
    func answering(_ body: (any Door) throws -> Void) throws -> ExitCode {
        do {
            try askingServer(body)
            return .done
        } catch let error as WireError where error.isAboutPictures {
            if arguments.has("json") { console.print(try Self.json(error)) }
            console.complain(error.words)
            return error.code == .unknownCamera ? .notFound : .failed
        }
    }

    /// Evidence is stored before its copy is written, so a copy that cannot be is no loss.
    static func create(_ path: String, _ bytes: [UInt8], storedAs id: String) throws(Failure) {
        do throws(Failure) {
            try RealFileSystem().create(path, bytes)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            throw Failure(
                .alreadyExists,
                "\(path) is there already and is not overwritten; it is stored all the same:"
                    + " proofreel get \(id)")
        }
    }

    private static func json(_ error: WireError) throws -> JSON {
        let refusal = try Document(
            JSON.object(
                JSONObject([
                    ("error", .string(error.code.word)), ("words", .string(error.words)),
                ])))
        guard let details = error.details,
            let more = try JSON(parsing: Array(details.utf8).span).object?.members
        else { return refusal.json }
        return refusal.adding(more.map { ($0.key, $0.value) })
    }
}

extension WireError {
    /// That there is none of this instant, and why.
    fileprivate var isAboutPictures: Bool {
        switch code {
        case .unknownCamera, .cameraOff, .offline, .noFrame, .expired, .gap, .future, .clockSet:
            true
        default: false
        }
    }
}

extension Arguments {
    func duration(_ name: String) throws -> Int64? {
        guard let text = value(name) else { return nil }
        guard let duration = DurationText.microseconds(text) else {
            throw UsageError("--\(name) wants a duration such as 200ms, 5s, 2m or 1h, not \(text)")
        }
        return duration
    }
}
