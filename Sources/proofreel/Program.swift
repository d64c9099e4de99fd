internal import Base
internal import Linux
internal import WireProtocol

/// What scripts go by. `docs/cli.md` promises these numbers.
enum ExitCode: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case refused = 3
    case notFound = 4
}

/// A command line that makes no sense: said with a hint at the help, exit code 2.
struct UsageError: Error {
    let words: String
    init(_ words: String) { self.words = words }
}

/// From words to a command to an exit code.
enum Program {
    static let version = "0.1"
    /// Of the manual page.
    static let versionDate = "2026-11-26"

    static func run() -> ExitCode {
        let console = Console()
        return reporting(console) { try run(Environment.arguments(), console) }
    }

    private static func reporting(
        _ console: Console, _ body: () throws -> ExitCode
    ) -> ExitCode {
        do {
            return try body()
        } catch let failure as Failure {
            console.complain(failure.words)
            return code(of: failure)
        } catch let error as WireError {
            console.complain(error.words)
            return code(of: error)
        } catch let usage as UsageError {
            console.complain(usage.words)
            return .usage
        } catch {
            console.complain("\(error)")
            return .failed
        }
    }

    private static func run(
        _ words: [String], _ console: Console
    ) throws -> ExitCode {
        switch words.first {
        case nil:
            console.print(Help.overview(console))
            return .usage
        case "--version", "version":
            console.print("proofreel \(version)")
            return .done
        case "help", "--help", "-h":
            return try help(Array(words.dropFirst()), console)
        default: break
        }
        let (command, rest) = try Registry.command(for: words)
        if Arguments.asksForHelp(rest, command) {
            console.print(Help.page(command, console))
            return .done
        }
        do {
            return try command.run(Arguments(rest, command), console)
        } catch let usage as UsageError {
            throw UsageError(
                "\(usage.words)\nsee: proofreel \(command.path.joined(separator: " ")) --help")
        }
    }

    private static func help(_ words: [String], _ console: Console) throws -> ExitCode {
        if words.isEmpty {
            console.print(Help.overview(console))
        } else if Registry.isGroup(words), !Registry.isCommand(words) {
            console.print(Help.group(words, console))
        } else {
            console.print(Help.page(try Registry.command(for: words).0, console))
        }
        return .done
    }

    static func code(of failure: Failure) -> ExitCode {
        switch failure.kind {
        case .notFound: .notFound
        case .denied: .refused
        case .invalid, .alreadyExists, .refused, .fenced, .busy, .corrupt, .dataLoss, .full,
            .readOnly, .unsupported, .unknownOutcome, .stopped, .io:
            .failed
        }
    }

    private static func code(of error: WireError) -> ExitCode {
        switch error.code {
        case .notFound, .unknownCamera: .notFound
        case .denied, .notAdmitted, .wrongCredentials, .lockedOut: .refused
        default: .failed
        }
    }
}
