internal import Base
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Store

/// An open log with what was found on the way. Ends with `close`.
struct Session {
    let directory: DataDirectory
    let log: EvidenceLog
    let engine: EmbeddedEngine
    let report: RecoveryReport
    /// Nil when opened for reading.
    let passphrase: PassphraseSource?
    let warnings: [String]
    private let readOnly: Bool
    /// For commands that look: nothing is written and no passphrase is needed.
    static func reading(_ directory: DataDirectory) throws -> Session {
        try directory.requireExisting()
        try directory.requireFree()
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(directory.path, options: options)
        if let damage = engine.mapDamage {
            throw Failure(
                .corrupt,
                "the index in \(directory.path) is damaged (\(damage.words)); it is derived data:"
                    + " run proofreel admin rebuild-index")
        }
        let log = try EvidenceLog.openForReading(
            engine, identity: directory.keys.openPublic(), clock: SystemClock())
        return Session(
            directory: directory, log: log, engine: engine, report: RecoveryReport(),
            passphrase: nil, warnings: [], readOnly: true)
    }

    /// For commands that add facts to a log that is there.
    static func writing(_ arguments: Arguments) throws -> Session {
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        try directory.requireFree()
        return try writing(Opening(directory, passphraseFile: arguments.value("passphrase-file")))
    }

    static func writing(_ opening: Opening) throws -> Session {
        let directory = opening.directory
        try directory.requireFree()
        try opening.check()
        let engine = try EmbeddedEngine(directory.path)
        do {
            return try writing(opening, engine)
        } catch {
            // The first failure is the one to tell; the lock goes with the process anyway.
            do { try engine.close() } catch {}
            throw error
        }
    }

    private static func writing(_ opening: Opening, _ engine: EmbeddedEngine) throws -> Session {
        let source = PassphraseSource.find(
            option: opening.passphraseFile, keys: opening.directory.keys)
        let site = try existingSite(opening.directory, engine)
        let identity =
            try site == nil ? opening.newIdentity(source) : opening.identity(source)
        var options = EvidenceLog.Options()
        options.site = site ?? opening.newSite
        if let site, let asked = opening.site, asked != site {
            throw Failure(
                .refused, "this log's site is \(site), not \(asked); leave --site out")
        }
        options.version = Program.version
        options.binary = try Program.binaryHash()
        options.configuration = SHA256.hash(Array("site=\(options.site)\n".utf8).span)
        let (log, report) = try EvidenceLog.open(
            engine, identity: identity, clock: SystemClock(), options: options, seen: opening.seen)
        if site == nil { try opening.directory.keys.settle() }
        return Session(
            directory: opening.directory, log: log, engine: engine, report: report,
            passphrase: source, warnings: source.warning.map { [$0] } ?? [], readOnly: false)
    }

    /// Nil for a log that has no leaf yet. Keys that have signed one must not get a second log: two
    /// histories under one name are what all of this is there to prevent.
    private static func existingSite(
        _ directory: DataDirectory, _ engine: EmbeddedEngine
    ) throws -> String? {
        if let site = try EvidenceLog.site(of: engine) { return site }
        guard directory.keys.exists else { return nil }
        if try EvidenceLog.hasSegments(engine) {
            throw Failure(
                .corrupt, "leaf 0 in \(directory.path) is damaged; restore segment 0 from a copy")
        }
        throw Failure(
            .dataLoss,
            "\(directory.path) has the keys of a log whose segments are gone; restore them, or"
                + " begin anew in another directory")
    }

    func close() throws(Failure) {
        if readOnly { try log.closeReading() } else { try log.close() }
    }

    /// Runs `body` and closes, whatever happens; the first failure counts.
    func use<R>(_ body: (EvidenceLog) throws -> R) throws -> R {
        let result: R
        do {
            result = try body(log)
        } catch {
            do { try close() } catch {}
            throw error
        }
        try close()
        return result
    }
}

extension Program {
    /// Stands in `boot` leaves: which software handled what follows.
    static func binaryHash() throws(Failure) -> Digest {
        let file = try RealFileSystem().open("/proc/self/exe", .read)
        var hash = SHA256()
        var offset: UInt64 = 0
        var buffer: [UInt8] = []
        repeat {
            try file.read(at: offset, count: 1 << 20, into: &buffer)
            hash.update(buffer.span)
            offset += UInt64(buffer.count)
        } while buffer.count == 1 << 20
        return hash.finish()
    }
}
