internal import Base
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import SegmentFormat
internal import Store

extension CommandSpec {
    static let dump = CommandSpec(
        path: ["admin", "dump"],
        summary: "Show what is in a segment, frame by frame, for a person.",
        usage: "SEGMENT|all [--leaf N] [--payload]", positionals: 1...1,
        options: [
            .value("leaf", "N", "this leaf alone"),
            .flag("payload", "check each payload against its hash and show how it begins"), .data,
            .json,
        ],
        examples: [
            .init("proofreel admin dump 0", "the first segment"),
            .init("proofreel admin dump all --leaf 12 --payload", "one leaf, wherever it stands"),
        ],
        notes: "Reads segments alone, so it works on a log that does not open. Personal data is not"
            + " shown.",
        run: { try Dump(Work(arguments: $0, console: $1)).run() })
}

struct Dump {
    private static let shownBytes = 64

    private let work: Work
    private var console: Console { work.console }
    private var wantsPayload: Bool { work.arguments.has("payload") }
    private var wantsJSON: Bool { work.arguments.has("json") }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let directory = try DataDirectory(work.arguments)
        try directory.requireExisting()
        try directory.requireFree()
        let only = try work.arguments.number("leaf", in: 0...Int.max).map { UInt64($0) }
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        options.withoutMaps = true
        let engine = try EmbeddedEngine(directory.path, options: options)
        defer { do { try engine.close() } catch {} }
        let word = work.arguments.positionals[0]
        var damaged = false
        if word == "all" {
            var segment: UInt32 = 0
            while try exists(segment, engine) {
                if try !dump(segment, only, engine) { damaged = true }
                segment += 1
            }
        } else {
            guard let segment = UInt32(word) else {
                throw UsageError("SEGMENT is a number from 0, or all, not \(word)")
            }
            guard try exists(segment, engine) else {
                throw Failure(.notFound, "there is no segment \(segment)")
            }
            damaged = try !dump(segment, only, engine)
        }
        return damaged ? .failed : .done
    }

    private func exists(_ segment: UInt32, _ engine: EmbeddedEngine) throws(Failure) -> Bool {
        do throws(Failure) {
            _ = try engine.length(of: Names.segment(segment))
            return true
        } catch {
            guard error.kind == .notFound else { throw error }
            return false
        }
    }

    /// False when it is damaged somewhere.
    private func dump(
        _ segment: UInt32, _ only: UInt64?, _ engine: EmbeddedEngine
    ) throws -> Bool {
        let scanner = try SegmentScanner(engine, segment: segment)
        if !wantsJSON, only == nil { try showHeader(scanner) }
        while true {
            switch try scanner.next() {
            case .frame(let frame):
                if let only, frame.header.index != only { continue }
                try show(frame, segment, engine)
            case .end(let at):
                if !wantsJSON, only == nil { console.print("end at byte \(at)\n") }
                return true
            case .broken(let at, let words):
                console.complain(
                    "segment \(segment), byte \(at): \(words); what follows is not shown")
                return false
            }
        }
    }

    private func showHeader(_ scanner: SegmentScanner) throws {
        let header = try scanner.header()
        console.print(console.bold("segment \(header.segment)"))
        var facts = Facts()
        facts.add("length", "\(scanner.length) bytes")
        facts.add("first leaf", "\(header.firstLeaf)")
        facts.add("created", header.created.description)
        facts.add("open id", header.openID.description)
        facts.add("origin hash", header.origin.hex)
        for line in facts.lines(console) { console.print("  \(line)") }
    }

    private func show(
        _ frame: SegmentScanner.Frame, _ segment: UInt32, _ engine: EmbeddedEngine
    ) throws {
        let header = frame.header
        let payload = try payload(frame, segment, engine)
        if wantsJSON {
            var fields: [(String, JSON)] = [
                ("segment", .int(Int64(segment))), ("offset", .int(Int64(frame.offset))),
                ("index", .int(Int64(header.index))), ("group", .int(Int64(header.group))),
                ("leaf_bytes", .int(Int64(header.leafBytes))),
                ("private_bytes", .int(Int64(header.privateBytes))),
                ("payload_bytes", .int(Int64(header.payloadBytes))), ("checksum", .string("ok")),
                ("leaf", .string(String(decoding: frame.leaf, as: UTF8.self))),
            ]
            if let payload { fields.append(("payload", .string(payload.verdict))) }
            console.print(JSON.object(JSONObject(fields)))
            return
        }
        let lengths = "\(header.leafBytes) + \(header.privateBytes) + \(header.payloadBytes)"
        console.print(
            "\n\(console.bold("leaf \(header.index)"))  byte \(frame.offset), group"
                + " \(header.group), lengths \(lengths), checksum \(console.good("ok"))")
        let body = try JSON(parsing: frame.leaf.span).object
        for line in pretty(body, indent: "  ") { console.print(line) }
        if header.privateBytes > 0 {
            console.print("  personal data: \(header.privateBytes) bytes, not shown")
        }
        if let payload {
            console.print("  payload \(payload.verdict)\n  \(payload.start)")
        }
    }

    private func payload(
        _ frame: SegmentScanner.Frame, _ segment: UInt32, _ engine: EmbeddedEngine
    ) throws -> (verdict: String, start: String)? {
        guard wantsPayload, frame.header.payloadBytes > 0 else { return nil }
        var bytes: [UInt8] = []
        try engine.read(
            Names.segment(segment), at: frame.place.payloadOffset, count: frame.header.payloadBytes,
            into: &bytes)
        let expected = try JSON(parsing: frame.leaf.span).object?["pay"]?.string
        let verdict =
            SHA256.hash(bytes.span).hex == expected
            ? "as recorded" : bytes.span.isZero ? "erased" : "CHANGED: its hash is another"
        return (verdict, Array(bytes.prefix(Self.shownBytes)).hex)
    }

    private func pretty(_ object: JSONObject?, indent: String) -> [String] {
        guard let object else { return ["\(indent)not an object"] }
        let width = object.members.map(\.key.count).max() ?? 0
        return object.members.flatMap { member in
            let gap = String(repeating: " ", count: width - member.key.count + 2)
            let text = member.value.string ?? String(decoding: member.value.encode(), as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let hang = indent + String(repeating: " ", count: width + 2)
            return lines.enumerated().map { i, line in
                let head = i == 0 ? "\(indent)\(console.faint(member.key))\(gap)" : hang
                return head + Table.printable(String(line))
            }
        }
    }
}
