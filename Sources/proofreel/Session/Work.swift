internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Server

/// What commands that work on a log share: who does it, and how its answer is shown.
struct Work {
    let arguments: Arguments
    let console: Console

    /// Not authenticated: the login name, or what the caller says.
    var author: Author {
        Author(actor: arguments.value("actor") ?? Environment.userName, session: "cli")
    }

    /// A log to add to; closed when `body` ends.
    func writing<R>(_ body: (EvidenceLog) throws -> R) throws -> R {
        let session = try Session.writing(arguments)
        tell(session)
        return try session.use(body)
    }

    func tell(_ session: Session) {
        for warning in session.warnings { console.note(warning) }
        if session.report.takenOver > 0 || session.report.droppedBytes > 0 {
            console.note(
                "the last run did not end in order;"
                    + " \(Amount.count(session.report.takenOver, "leaf", "leaves")) taken over")
        }
    }

    func reading<R>(_ body: (EvidenceLog) throws -> R) throws -> R {
        try Session.reading(DataDirectory(arguments)).use(body)
    }

    /// The answer to a fact that was added here: a sentence, or the document.
    func answer(_ receipt: Receipt, _ log: EvidenceLog, _ words: String) throws {
        show(
            try Document(receipt.fact(log)),
            "\(words)\n\(console.faint("leaf \(receipt.index), id \(receipt.id)"))")
    }
}

extension Arguments {
    func time(_ name: String) throws -> WallTime? {
        try value(name).map { try TimeText.parse($0, now: SystemClock().now) }
    }
}
