package import Base

/// Which keys may sign which sizes of a log, said by the offline root key. A verifier pins the root
/// key alone; log keys come, go and are cut short here.
package struct KeySet: Hashable, Sendable {
    package static let keysMax = 8
    private static let firstLine = "proofreel keyset v1"

    package struct Entry: Hashable, Sendable {
        package let key: VerifierKey
        /// Sizes of the checkpoints that it may sign, both ends counted; without an end, all that
        /// follow.
        package let from: UInt64
        package let to: UInt64?

        package init(key: VerifierKey, from: UInt64, to: UInt64? = nil) throws(Failure) {
            guard from <= to ?? from, max(from, to ?? from) <= Merkle.sizeMax else {
                throw Failure(.invalid, "the key \(key.name) would end before it starts")
            }
            self.key = key
            self.from = from
            self.to = to
        }

        package func covers(_ size: UInt64) -> Bool { from <= size && size <= to ?? .max }
    }

    package let origin: String
    /// From 1; a larger one replaces a smaller one.
    package let ordinal: UInt64
    /// From the oldest to the newest.
    package let entries: [Entry]

    package init(origin: String, ordinal: UInt64, entries: [Entry]) throws(Failure) {
        guard Checkpoint.isOrigin(origin), (1...Merkle.sizeMax).contains(ordinal) else {
            throw Failure(.invalid, "a key set needs the log's origin and an ordinal from 1")
        }
        guard (1...Self.keysMax).contains(entries.count) else {
            throw Failure(.invalid, "a key set should have 1 to \(Self.keysMax) keys")
        }
        guard Set(entries.map(\.key)).count == entries.count else {
            throw Failure(.invalid, "a key set names one key twice; keep one line of it")
        }
        self.origin = origin
        self.ordinal = ordinal
        self.entries = entries
    }

    /// The newest key that may sign a checkpoint of `size`.
    package func key(validAt size: UInt64) -> VerifierKey? { keys(validAt: size).last }

    /// All of them: while keys overlap, both sign.
    package func keys(validAt size: UInt64) -> [VerifierKey] {
        entries.filter { $0.covers(size) }.map(\.key)
    }

    package var text: String {
        var text = "\(Self.firstLine)\n\(origin)\n\(ordinal)\n"
        for entry in entries {
            text += "log \(entry.key.text) from \(entry.from)"
            if let to = entry.to { text += " to \(to)" }
            text += "\n"
        }
        return text
    }

    package func signed(by root: NoteSigner) -> SignedNote {
        SignedNote(text: text, signers: [root])
    }

    package init(text: String) throws(Failure) {
        guard var lines = Lines(Array(text.utf8)[...]), lines.next() == Self.firstLine,
            let origin = lines.next(), let ordinal = lines.next().flatMap({ decimal($0) })
        else {
            throw Failure(
                .invalid, "a key set should start with: \(Self.firstLine), origin, ordinal")
        }
        var entries: [Entry] = []
        while entries.count <= Self.keysMax, let line = lines.next() {
            entries.append(try Entry(line: line))
        }
        guard lines.isAtEnd else {
            throw Failure(.invalid, "a key set should have 1 to \(Self.keysMax) keys")
        }
        try self.init(origin: origin, ordinal: ordinal, entries: entries)
    }

    /// The key set in a note that the pinned root key has signed for the log `origin`.
    package init(
        opening note: SignedNote, origin: String, root: VerifierKey
    ) throws(Failure) {
        _ = try note.signers(among: [root])
        try self.init(text: note.text)
        guard self.origin == origin else {
            throw Failure(.refused, "this key set is of the log \(self.origin), not of \(origin)")
        }
    }

    /// The checkpoint in a note that a key valid at its size has signed.
    package func open(_ note: SignedNote) throws(Failure) -> Checkpoint {
        let claimed = try Checkpoint(text: note.text)
        return try Checkpoint(opening: note, origin: origin, keys: keys(validAt: claimed.size))
    }
}

extension KeySet.Entry {
    fileprivate init(line: String) throws(Failure) {
        let words = Array(line.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 4 || words.count == 6, words[0] == "log", words[2] == "from",
            let from = decimal(words[3]), words.count == 4 || words[4] == "to"
        else {
            throw Failure(.invalid, "a key set's line should be: log KEY from SIZE [to SIZE]")
        }
        var to: UInt64?
        if words.count == 6 {
            to = decimal(words[5])
            guard to != nil else {
                throw Failure(.invalid, "a key set's line should end with a size")
            }
        }
        try self.init(key: VerifierKey(words[1]), from: from, to: to)
    }
}
