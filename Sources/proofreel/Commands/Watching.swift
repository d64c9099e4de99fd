internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let watch = CommandSpec(
        path: ["watch"], summary: "Tell of new evidence, of cameras and gaps, as it happens.",
        usage: "[TOPIC…] [--camera ID] [--json]", positionals: 0...5,
        options: [
            .list("camera", "ID", "only of this camera"),
            .value("check", "ID", "only of this quality check"),
            .value("work-order", "ID", "only of this work order"),
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel watch", "everything"),
            .init("proofreel watch camera gap", "what befalls the cameras"),
            .init("proofreel watch evidence --work-order WH/MO/00001 --json", "for scripts"),
        ],
        notes: "TOPIC: evidence, facts, check, gap, camera. It goes on until Ctrl-C.",
        run: { try Watching(Work(arguments: $0, console: $1)).run() })

    static let cameraLive = CommandSpec(
        path: ["camera", "live"], summary: "Write what a camera sends, as it is recorded.",
        usage: "ID [--fragments] | PLAYER", positionals: 1...1,
        options: [
            .flag("fragments", "fragmented MP4, as it is stored; cameras without pictures need it"),
            .value("count", "N", "so many frames or fragments; else until Ctrl-C"),
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel camera live press-3 --fragments | ffplay -", "H.264 and H.265"),
            .init("proofreel camera live gate | ffplay -f mjpeg -", "a camera that sends pictures"),
            .init("proofreel camera live gate --count 1 > now.jpg", "the next picture"),
        ],
        notes: "Who is slow misses frames; it makes nothing evidence, and stands in the trail.",
        run: { try LiveCamera(Work(arguments: $0, console: $1)).run() })
}

struct Watching {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        var sink = Sink()
        sink.item = { message in
            try show(message)
            return true
        }
        try work.askingServer { door in
            _ = try door.ask(.watch, isSafe: true, upload: nil, sink) { fields in
                for topic in arguments.positionals { fields.add(.topic, topic) }
                for camera in arguments.all("camera") { fields.add(.camera, camera) }
                fields.add(.link, arguments.value("check").map { "check=\($0)" })
                fields.add(.link, arguments.value("work-order").map { "work-order=\($0)" })
            }
        }
        return .done
    }

    private func show(_ message: [UInt8]) throws {
        let console = work.console
        let news = try Document(message)
        if let missed = try Fields(message.span).int(.dropped) {
            console.note("\(Amount.count(missed, "thing")) happened that could not be told in time")
        }
        if work.arguments.has("json") { return console.print(news.json) }
        let time = news.time("instant").map(Amount.time) ?? ""
        let links = news.links.map { "\($0.kind) \($0.value)" }.joined(separator: ", ")
        let about = [
            news.text("camera"), news.text("state"), news.text("cause"), news.text("check"),
            news.text("record"), links.isEmpty ? nil : links,
            news.text("camera") == nil || news.text("sha256") != nil ? news.text("id") : nil,
        ]
        let words = about.compactMap(\.self).map(Table.printable).joined(separator: "  ")
        console.print("\(time)  \(news.text("kind") ?? news.text("topic") ?? "")  \(words)")
    }
}

struct LiveCamera {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        guard !work.console.isTerminal else {
            throw UsageError("a terminal shows no film; pipe it to a player, or into a file")
        }
        let count = try arguments.number("count", in: 1...1_000_000_000)
        var pieces = LivePieces(wanted: count)
        var sink = Sink()
        sink.body = { piece in
            pieces.add(piece)
            while let bytes = try pieces.next() { work.console.write(bytes) }
            if pieces.hasEnough { throw Enough() }
        }
        do {
            try work.askingServer { door in
                _ = try door.ask(.cameraLive, isSafe: false, upload: nil, sink) { fields in
                    fields.add(.camera, arguments.positionals[0])
                    fields.add(.form, arguments.has("fragments") ? "fragments" : "pictures")
                }
            }
        } catch is Enough {
            return .done
        }
        return .done
    }

    private struct Enough: Error {}
}

/// Frames of a live body, which come in pieces of any size.
struct LivePieces {
    private static let headBytesMax = 4096
    private static let frameBytesMax: Int64 = 64 << 20

    private var bytes: [UInt8] = []
    private var left: Int?

    /// `wanted`: so many frames; nil for all that come.
    init(wanted: Int?) { left = wanted }

    var hasEnough: Bool { left == 0 }

    mutating func add(_ piece: Span<UInt8>) { bytes.append(span: piece) }

    mutating func next() throws -> [UInt8]? {
        guard !hasEnough, bytes.count >= 4 else { return nil }
        let length = Int(bytes.span.bigEndian(UInt32.self, at: 0))
        guard length <= Self.headBytesMax else { throw Self.strange }
        guard bytes.count >= 4 + length else { return nil }
        let size = try size(Array(bytes[4..<4 + length]))
        let end = 4 + length + size
        guard bytes.count >= end else { return nil }
        let frame = Array(bytes[(4 + length)..<end])
        bytes.removeFirst(end)
        left = left.map { $0 - 1 }
        return frame
    }

    private func size(_ head: [UInt8]) throws -> Int {
        guard let size = try Fields(head.span).int(.size), (0...Self.frameBytesMax).contains(size)
        else { throw Self.strange }
        return Int(size)
    }

    private static let strange = Failure(
        .io, "what came is no live frame; are both sides up to date?")
}
