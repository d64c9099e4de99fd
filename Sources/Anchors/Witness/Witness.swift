package import Base
internal import Crypto
package import EvidenceFormat
internal import Linux

/// A witness: remembers the largest tree that it has seen of each log, signs what continues it, and
/// never anything else. One process at a time owns the folder of what it remembers; any thread may
/// ask it.
package final class Witness: Sendable {
    package static let logsMax = 256
    private static let listBytesMax = 1 << 20

    package let cosigner: Cosigner
    private let folder: String
    private let files = RealFileSystem()
    private let lock: ProcessLock
    private let clock: any Clock
    private let state: Monitor<State>

    private struct State {
        var keys: [VerifierKey]
        var seen: [String: SignedNote] = [:]
    }

    /// `folder` is made where it is not there. Whatever stands in it must be whole: a witness that
    /// forgets would sign two histories.
    package init(
        _ cosigner: Cosigner, keys: [VerifierKey], folder: String, clock: any Clock
    ) throws(Failure) {
        try RealFileSystem().createDirectory(folder)
        do throws(Failure) {
            lock = try ProcessLock("\(folder)/LOCK")
        } catch {
            throw Failure(
                error.kind,
                "another witness uses \(folder); end that one first (\(error.words))")
        }
        self.cosigner = cosigner
        self.folder = folder
        self.clock = clock
        state = Monitor(State(keys: keys))
        for name in try files.list(folder) where name != "LOCK" && !name.hasSuffix(".new") {
            let note = try read(name)
            let origin = try Checkpoint(text: note.text).origin
            state.withLock { $0.seen[origin] = note }
        }
    }

    private func read(_ name: String) throws(Failure) -> SignedNote {
        let path = "\(folder)/\(name)"
        do throws(Failure) {
            let note = try SignedNote(
                parsing: files.contents(of: path, limit: SignedNote.bytesMax))
            let checkpoint = try Checkpoint(text: note.text)
            guard Self.fileName(checkpoint.origin) == name, try cosigner.key.time(on: note) != nil
            else { throw Failure(.corrupt, "it is not what this witness signed") }
            return note
        } catch {
            throw Failure(
                .corrupt,
                "\(path) is damaged (\(error.words)): without it this witness would forget what it"
                    + " saw. Restore it from a copy")
        }
    }

    /// Logs have names with slashes, so files have the hash of theirs.
    package static func fileName(_ origin: String) -> String {
        SHA256.hash(Array(origin.utf8).span).hex
    }

    /// Keys of logs, one a line; `#` begins a remark.
    package static func keys(_ text: [UInt8]) throws(Failure) -> [VerifierKey] {
        guard text.count <= listBytesMax, let text = String(validating: text, as: UTF8.self) else {
            throw Failure(.invalid, "a list of logs is text of at most \(listBytesMax >> 20) MB")
        }
        var keys: [VerifierKey] = []
        for (i, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        {
            let line = line.prefix { $0 != "#" }.filter { $0 != " " && $0 != "\t" && $0 != "\r" }
            if line.isEmpty { continue }
            do throws(Failure) {
                keys.append(try VerifierKey(line))
            } catch {
                throw Failure(.invalid, "line \(i + 1): \(error.words)")
            }
        }
        guard (1...logsMax).contains(keys.count) else {
            throw Failure(
                .invalid,
                "a list of logs has 1 to \(logsMax) keys, one a line: the log_keys that proofreel"
                    + " key show prints")
        }
        return keys
    }

    /// The list was changed.
    package func replace(keys: [VerifierKey]) { state.withLock { $0.keys = keys } }

    package enum Answer: Hashable, Sendable {
        /// The signature lines.
        case cosigned(NoteSignature)
        case refused(WitnessRules.Verdict)
    }

    /// Looks, records and signs in one step: two requests never both continue one tree.
    package func add(_ request: AddCheckpoint) throws(Failure) -> Answer {
        try state.withLock { state throws(Failure) in
            let verdict = WitnessRules.judge(request, keys: state.keys) { origin in
                Self.checkpoint(state.seen[origin])
            }
            guard case .cosign(let checkpoint) = verdict else { return .refused(verdict) }
            let line = cosigner.sign(request.note, at: clock.now)
            let cosigned = request.note.adding(line)
            // Durable before anybody hears of it.
            try files.replace("\(folder)/\(Self.fileName(checkpoint.origin))", cosigned.encode())
            state.seen[checkpoint.origin] = cosigned
            return .cosigned(line)
        }
    }

    /// What was cosigned last, whole, for the log whose name has this hash: the log's own start
    /// asks, so that an older copy of it is found before it goes on.
    package func last(named hash: String) -> SignedNote? {
        state.withLock { state in
            state.seen.first { Self.fileName($0.key) == hash }?.value
        }
    }

    package func last(of origin: String) -> SignedNote? { state.withLock { $0.seen[origin] } }

    private static func checkpoint(_ note: SignedNote?) -> Checkpoint? {
        guard let note else { return nil }
        do throws(Failure) {
            return try Checkpoint(text: note.text)
        } catch {
            preconditionFailure("what a witness remembers was a checkpoint when it was signed")
        }
    }
}
