internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Recorder
internal import Server

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
        ] + OptionSpec.links + OptionSpec.writing,
        examples: [
            .init("proofreel snap press-3 -o now.jpg", "the newest frame"),
            .init("proofreel snap press-3 --at -200ms --check odoo:6f1c/quality.check/17", ""),
            .init("proofreel snap press-3 press-4 --work-order WH/MO/00001", "one shot of two"),
            .init("proofreel snap press-3 --at 14:03:05 --json | jq .distance_ms", "for scripts"),
        ],
        notes: "Never a stale picture: without a frame within the tolerance there is an error"
            + " that says why.\nTIME: \(TimeText.examples).",
        place: .server,
        run: { try Snap(Work(arguments: $0, console: $1)).run() })
}

struct Snap {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        let serving = try Serving.required()
        let cameras = try arguments.positionals.map { try arguments.stream(of: $0) }
        var request = SnapRequest(cameras: cameras, by: work.author)
        request.at = try arguments.time("at")
        if let tolerance = try arguments.duration("tolerance") {
            request.toleranceMicroseconds = tolerance
        }
        request.neighbours =
            try arguments.number("neighbours", in: 0...SnapRequest.neighboursMax) ?? 0
        request.links = try LinkText.links(arguments)
        request.request = arguments.value("request-id")
        request.trigger = arguments.value("trigger")
        let target = arguments.value("o")
        if request.cameras.count > 1, let target, !target.hasSuffix("/") {
            throw UsageError("for several cameras -o should be a folder, with a / at its end")
        }
        return try work.answering {
            let answers = try serving.recorder.snap(request)
            for answer in answers { try show(answer, request, serving.session.log, target) }
        }
    }

    private func show(
        _ answer: SnapAnswer, _ request: SnapRequest, _ log: EvidenceLog, _ target: String?
    ) throws {
        let record = try log.record(answer.receipt.id)
        var file: String?
        if let target { file = try write(answer, target) }
        if work.arguments.has("json") {
            var more: [(String, JSON)] = []
            if let file { more.append(("file", .string(file))) }
            if request.neighbours > 0 {
                let instants = answer.neighbours.map { JSON.string($0.description) }
                more.append(("neighbours", .array(instants)))
            }
            more.append(("repeated", .bool(answer.receipt.repeated)))
            work.console.print(
                RecordJSON.make(record, receipt: try answer.receipt.json(log), more: more))
            return
        }
        if target == "-" { return }
        let console = work.console
        var facts = Facts()
        facts.add(
            answer.receipt.repeated ? "known" : console.good("taken"),
            "\(answer.camera), \(Amount.time(record.instant))")
        facts.add("id", record.leaf.id.description)
        if let distance = record.leaf.int("dist_us") {
            facts.add("distance", "\(Amount.signedMilliseconds(distance)) from the asked instant")
        }
        if let offset = record.leaf.int("cam_off_us") {
            facts.add("camera clock", "\(Amount.signedMilliseconds(offset)) from ours")
        }
        facts.add(
            "picture",
            "\(record.leaf.int("w") ?? 0)x\(record.leaf.int("h") ?? 0),"
                + " \(Amount.bytes(UInt64(record.payloadBytes)))"
                + (file.map { ", in \($0)" } ?? ""))
        let flags = (record.leaf.body["flags"]?.array ?? []).compactMap(\.string)
        if !flags.isEmpty {
            facts.add(console.warning("note"), flags.joined(separator: ", "))
        }
        for link in record.links { facts.add(link.kind, Table.printable(link.value)) }
        for instant in answer.neighbours { facts.add("neighbour", Amount.time(instant)) }
        for line in facts.lines(console) { console.print(line) }
        if target == nil, console.isTerminal, request.cameras.count <= OfferedPicture.shownMax {
            try console.offer(OfferedPicture(record.leaf.id, orFile: nil, answer.picture))
        }
    }

    private func write(_ answer: SnapAnswer, _ target: String) throws -> String? {
        if target == "-" {
            work.console.write(answer.picture)
            return nil
        }
        var path = target
        if target.hasSuffix("/") {
            try RealFileSystem().createDirectory(String(target.dropLast()))
            let name = answer.camera.split(separator: "/").joined(separator: ".")
            path = "\(target)\(name)-\(answer.receipt.id).jpg"
        }
        try Work.create(path, answer.picture, storedAs: answer.receipt.id)
        return path
    }
}

/// What commands that take something from a ring share.
extension Work {
    /// A refusal is an answer too, with its kind for scripts.
    func answering(_ body: () throws -> Void) throws -> ExitCode {
        do {
            try body()
            return .done
        } catch let failure as SnapFailure {
            if arguments.has("json") { console.print(Self.json(failure)) }
            console.complain(failure.words)
            return failure.refusal == .unknownCamera ? .notFound : .failed
        }
    }

    /// Evidence is stored before its copy is written, so a copy that cannot be is no loss.
    static func create(_ path: String, _ bytes: [UInt8], storedAs id: RecordID) throws(Failure) {
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

    private static func json(_ failure: SnapFailure) -> JSON {
        var fields: [(String, JSON)] = [
            ("error", .string(failure.refusal.rawValue)), ("words", .string(failure.words)),
        ]
        if let from = failure.from { fields.append(("from", .string(from.description))) }
        if let to = failure.to { fields.append(("to", .string(to.description))) }
        return .object(JSONObject(fields))
    }
}

extension Serving {
    /// For commands whose place is the server.
    static func required() throws(Failure) -> Serving {
        guard let current else {
            throw Failure(.refused, "this needs a server; start one: proofreel serve")
        }
        return current
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
