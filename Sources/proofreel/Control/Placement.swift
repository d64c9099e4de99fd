internal import Base
internal import Linux

/// Runs a command where it belongs: in the server that has the log open, or here.
struct Placement {
    private let command: CommandSpec
    private let arguments: Arguments
    private let words: [String]
    private let console: Console

    init(
        _ command: CommandSpec, _ arguments: Arguments, _ words: [String], _ console: Console
    ) {
        self.command = command
        self.arguments = arguments
        self.words = words
        self.console = console
    }

    func run() throws -> ExitCode {
        guard command.place != .here, Serving.current == nil else { return try runHere() }
        let directory = try DataDirectory(arguments)
        if directory.isServed, RealFileSystem().exists(directory.controlSocket) {
            return try ControlClient(directory, console).run(request())
        }
        guard command.place == .served else {
            try directory.requireExisting()
            throw Failure(
                .refused,
                "nobody serves \(directory.path), and this needs a server; start one: proofreel"
                    + " serve --data \(directory.path)")
        }
        return try runHere()
    }

    private func runHere() throws -> ExitCode { try command.run(arguments, console) }

    private func request() throws -> ControlRequest {
        ControlRequest(
            words: words, folder: Environment.currentDirectory, colours: console.usesColours,
            input: try input())
    }

    private func input() throws(Failure) -> [UInt8] {
        if let secret = command.secret, !arguments.has("generate") {
            return Array(try console.readSecret(secret).utf8)
        }
        guard arguments.positionals.contains("-") else { return [] }
        return try console.readInput(limit: ControlRequest.inputMax)
    }
}
