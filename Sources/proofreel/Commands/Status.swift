internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let status = CommandSpec(
        path: ["status"], summary: "Say how the store is, served or not.",
        usage: "[--data DIR | --server HOST:PORT] [--json]", options: OptionSpec.asking,
        examples: [
            .init("proofreel status", "of the store in ~/.local/share/proofreel"),
            .init(
                "proofreel status --data /srv/reel --json | python3 -m json.tool",
                "every field, for scripts"),
        ],
        notes: "Ends with 1 when the store has stopped, or when a witness has seen another log than"
            + " this one,\nso that a script need not read.",
        run: { arguments, console in
            let document = try Status.document(Work(arguments: arguments, console: console))
            if arguments.has("json") {
                console.print(document)
            } else {
                for line in try StatusPage(document).lines(console) { console.print(line) }
            }
            let alarms = (document.object?["anchors"]?.array ?? []).filter {
                $0.object?["alarm"] != nil
            }
            return document.object?["stopped"] == nil && alarms.isEmpty ? .done : .failed
        })
}

enum Status {
    static let documentBytesMax = 1 << 20

    static func document(_ work: Work) throws -> JSON {
        if work.isRemote {
            return try work.asking { try Document($0.ask(.status, isSafe: true).reply).json }
        }
        return try document(DataDirectory(work.arguments))
    }

    private static func document(_ directory: DataDirectory) throws -> JSON {
        try directory.requireExisting()
        guard directory.isServed else {
            let used = try DiskUse.of(directory.path)
            let session = try Session.reading(directory)
            return try session.use { _ in
                try StatusReport.make(
                    session, served: false, anchored: nil, anchors: session.anchorReports(),
                    used: used)
            }
        }
        let bytes: [UInt8]
        do throws(Failure) {
            bytes = try LocalSocket.read(from: directory.socket, limit: documentBytesMax)
        } catch {
            throw Failure(
                .busy,
                "a process holds \(directory.path) but does not answer (\(error.words)); if it is"
                    + " just starting or ending, ask again")
        }
        let line = Array(bytes.dropLast())
        let json = try JSON(parsing: line.span)
        if let words = json.object?["error"]?.string { throw Failure(.io, words) }
        return json
    }
}
