internal import Base
internal import Client
internal import Crypto
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

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
        ] + OptionSpec.links + OptionSpec.adding,
        examples: [
            .init("proofreel clip press-3 --from -30s --work-order WH/MO/00001 -o last.mp4", ""),
            .init("proofreel clip press-3 --from 14:03:00 --to 14:03:20 --json", ""),
        ],
        notes: "Whole fragments, byte for byte as they were recorded, so a clip begins at"
            + " a key frame.\nTIME: \(TimeText.examples).",
        run: { try TakeClip(Work(arguments: $0, console: $1)).run() })
}

struct TakeClip {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        guard let from = try arguments.time("from") else { throw UsageError("--from is missing") }
        let to = try arguments.time("to") ?? SystemClock().now
        let camera = try arguments.stream(of: arguments.positionals[0])
        let links = try LinkText.links(arguments)
        let request = try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        return try work.answering { door in
            let answer = try door.ask(.clip, isSafe: true) { fields in
                fields.add(.camera, camera)
                fields.add(.from, from)
                fields.add(.to, to)
                for text in LinkText.texts(links) { fields.add(.link, text) }
                fields.add(.requestID, request)
                if arguments.value("o") != nil { fields.add(.form, "clip") }
            }
            try show(try Document(answer.reply), answer.body)
        }
    }

    private func show(_ record: Document, _ bytes: [UInt8]) throws {
        let console = work.console
        let target = work.arguments.value("o")
        if target != nil, SHA256.hash(bytes.span).hex != record.text("sha256") {
            throw Failure(
                .corrupt, "the bytes that came for \(record.id) are not those that were recorded")
        }
        if target == "-" {
            console.write(bytes)
            return
        }
        if let target { try Work.create(target, bytes, storedAs: record.id) }
        if work.arguments.has("json") {
            console.print(
                target.map { record.adding([("file", .string($0))]) } ?? record.json)
            return
        }
        var facts = Facts()
        facts.add(
            record.bool("repeated") ? "known" : console.good("stored"),
            record.text("camera") ?? "")
        facts.add("id", record.id)
        facts.add("from", record.time("instant").map(Amount.time) ?? "")
        if let to = record.time("to") { facts.add("to", Amount.time(to)) }
        facts.add(
            "footage",
            "\(Amount.count(record.int("frames") ?? 0, "frame")),"
                + " \(Amount.bytes(UInt64(record.int("bytes") ?? 0)))"
                + (target.map { ", in \($0)" } ?? ""))
        for link in record.links { facts.add(link.kind, Table.printable(link.value)) }
        for line in facts.lines(console) { console.print(line) }
    }
}
