internal import Base
internal import Client
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension Work {
    /// Whether another machine's server, or one at an address, is meant.
    var isRemote: Bool { Remote.isMeant(arguments) }

    /// Runs `body` with whoever answers this command. `writes`: a directory that nobody serves has
    /// to be opened for adding.
    func asking<R>(writes: Bool = false, _ body: (any Door) throws -> R) throws -> R {
        let door = try door(writes: writes)
        let result: R
        do {
            result = try body(door)
        } catch {
            // The first failure counts.
            do { try door.close() } catch {}
            throw error
        }
        try door.close()
        return result
    }

    private func door(writes: Bool) throws -> any Door {
        if isRemote { return ServerDoor(client: try Remote(self).client()) }
        let directory = try DataDirectory(arguments)
        guard directory.isServed, RealFileSystem().exists(directory.wireSocket) else {
            return DirectDoor(self, writes: writes)
        }
        var options = Client.Options(
            .path(directory.wireSocket), .owner(author.actor), .plain)
        options.timeoutMilliseconds = try Remote.timeoutMilliseconds(arguments)
        return ServerDoor(client: try Client(options))
    }

    /// For commands that only a server can answer.
    func askingServer<R>(_ body: (any Door) throws -> R) throws -> R {
        if !isRemote {
            let directory = try DataDirectory(arguments)
            guard directory.isServed else {
                try directory.requireExisting()
                throw Failure(
                    .refused,
                    "nobody serves \(directory.path), and this needs a server; start one: proofreel"
                        + " serve --data \(directory.path)")
            }
        }
        return try asking(body)
    }

    /// The document of an answer, as `--json` prints it, or a sentence for people.
    func show(_ document: Document, _ words: @autoclosure () throws -> String) rethrows {
        if arguments.has("json") {
            console.print(document.json)
        } else {
            console.print(try words())
        }
    }

    /// The answer to an added fact.
    func answer(_ message: [UInt8], _ words: String) throws {
        let fact = try Document(message)
        let receipt = fact.object("receipt")
        show(
            fact,
            "\(words)\n\(console.faint("leaf \(receipt?["index"]?.int ?? 0), id \(fact.id)"))")
    }
}
