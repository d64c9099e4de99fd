internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Recorder
internal import Server

extension CommandSpec {
    static let clip = CommandSpec(
        path: ["clip"], summary: "Make footage from a camera's ring evidence, as an MP4.",
        usage: "CAMERA --from TIME --to TIME [--check ID] [-o FILE]",
        positionals: 1...1,
        options: [
            .value("from", "TIME", "the first instant that must be in it"),
            .value("to", "TIME", "the last one; else now"),
            .stream,
            .value("request-id", "ID", "the same id again gets the same answer, and one record"),
            .value("o", "FILE", "write the clip there; - for standard output"),
        ] + OptionSpec.links + OptionSpec.writing,
        examples: [
            .init("proofreel clip press-3 --from -30s --work-order WH/MO/00001 -o last.mp4", ""),
            .init("proofreel clip press-3 --from 14:03:00 --to 14:03:20 --json", ""),
        ],
        notes: "Whole fragments, byte for byte as they were recorded, so a clip begins at"
            + " a key frame.\nTIME: \(TimeText.examples).",
        place: .server,
        run: { try TakeClip(Work(arguments: $0, console: $1)).run() })
}

struct TakeClip {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        let serving = try Serving.required()
        guard let from = try arguments.time("from") else { throw UsageError("--from is missing") }
        let to = try arguments.time("to") ?? SystemClock().now
        var request = ClipRequest(
            camera: try arguments.stream(of: arguments.positionals[0]), from: from, to: to,
            by: work.author)
        request.links = try LinkText.links(arguments)
        request.request = arguments.value("request-id")
        return try work.answering {
            try show(try serving.recorder.clip(request), serving.session.log)
        }
    }

    private func show(_ answer: ClipAnswer, _ log: EvidenceLog) throws {
        let console = work.console
        let record = try log.record(answer.receipt.id)
        let target = work.arguments.value("o")
        if target == "-" {
            console.write(answer.bytes)
            return
        }
        if let target { try Work.create(target, answer.bytes, storedAs: record.leaf.id) }
        if work.arguments.has("json") {
            var more: [(String, JSON)] = [("repeated", .bool(answer.receipt.repeated))]
            if let target { more.append(("file", .string(target))) }
            console.print(
                RecordJSON.make(record, receipt: try answer.receipt.json(log), more: more))
            return
        }
        var facts = Facts()
        facts.add(
            answer.receipt.repeated ? "known" : console.good("stored"),
            record.camera ?? "")
        facts.add("id", record.leaf.id.description)
        facts.add("from", Amount.time(record.instant))
        if let to = record.leaf.time("to") { facts.add("to", Amount.time(to)) }
        facts.add(
            "footage",
            "\(Amount.count(record.leaf.int("frames") ?? 0, "frame")),"
                + " \(Amount.bytes(UInt64(record.payloadBytes)))"
                + (target.map { ", in \($0)" } ?? ""))
        for link in record.links { facts.add(link.kind, Table.printable(link.value)) }
        for line in facts.lines(console) { console.print(line) }
    }
}
