import Base
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Store
import TestSupport
import Testing

/// Keys on disk: what guards them, what changes them, and what damage to them is called.
@Suite struct KeyTests {
    private static let words = "correct horse battery staple"
    private static func passphrase(_ text: String = words) throws -> Passphrase {
        try Passphrase(Array(text.utf8))
    }

    private static func made(_ scratch: Scratch, keep: Bool = false) throws -> KeyFolder {
        let keys = KeyFolder(dataDirectory: scratch.path)
        var wanted = KeyFolder.NewKeys(origin: TestLog.origin)
        wanted.costs = .cheap
        wanted.keepPassphrase = keep
        _ = try keys.create(wanted, passphrase: passphrase())
        return keys
    }

    private static func findings(_ keys: KeyFolder) throws -> [String] {
        var found: [String] = []
        try keys.check { if $0.severity == .damage { found.append($0.place) } }
        return found
    }

    private func words(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `a key file holds its key and gives it to the right passphrase alone`() throws {
        let file = try KeyFile.make(
            name: "a.b/log/e1", passphrase: Self.passphrase(), costs: .cheap)
        let read = try KeyFile(parsing: file.encode())
        #expect(read == file)
        #expect(try read.open(Self.passphrase()).verifierKey == file.verifierKey)
        let wrong = words { _ = try read.open(Self.passphrase("guess")) }
        #expect(wrong.contains("the passphrase does not open the key a.b/log/e1"))
        #expect(!wrong.contains("guess"))
    }

    @Test func `every flipped byte of every key file is named without a passphrase`() throws {
        let scratch = Scratch()
        let keys = try Self.made(scratch)
        #expect(try Self.findings(keys) == [])
        for name in ["log.key", "root.key", "root.vkey", "keyset.note"] {
            let whole = scratch.bytes("keys/\(name)")
            for i in whole.indices {
                for mask: UInt8 in [0x01, 0x20, 0x80] {
                    var bytes = whole
                    bytes[i] ^= mask
                    scratch.write("keys/\(name)", bytes)
                    #expect(
                        try Self.findings(keys).contains("keys/\(name)"), "\(name), byte \(i)")
                }
            }
            scratch.write("keys/\(name)", whole)
        }
        #expect(try Self.findings(keys) == [])
    }

    @Test func `a key file cut at any byte is refused, never a crash`() throws {
        let file = try KeyFile.make(name: "a", passphrase: Self.passphrase(), costs: .cheap)
        let bytes = file.encode()
        for length in bytes.indices {
            #expect(throws: Failure.self) { try KeyFile(parsing: Array(bytes.prefix(length))) }
        }
        #expect(throws: Failure.self) { try KeyFile(parsing: bytes + [0x0A]) }
    }

    @Test func `a flipped byte of a generated passphrase is named`() throws {
        let scratch = Scratch()
        let keys = KeyFolder(dataDirectory: scratch.path)
        var wanted = KeyFolder.NewKeys(origin: TestLog.origin)
        wanted.costs = .cheap
        wanted.keepPassphrase = true
        _ = try keys.create(wanted, passphrase: .generated())
        let whole = scratch.bytes("keys/passphrase")
        #expect(whole.count == 42)
        for i in 0..<32 {
            var bytes = whole
            bytes[i] = bytes[i] == 0x30 ? 0x31 : 0x30
            scratch.write("keys/passphrase", bytes)
            #expect(try Self.findings(keys) == ["keys/passphrase"])
        }
    }

    @Test func `missing files and strangers are named`() throws {
        let scratch = Scratch()
        let keys = try Self.made(scratch)
        scratch.write("keys/notes.txt", [1])
        #expect(try Self.findings(keys) == ["keys/notes.txt"])
        scratch.remove("keys/notes.txt")
        scratch.remove("keys/log.key")
        #expect(try Self.findings(keys) == ["keys/log.key"])
        let told = words { _ = try keys.open(Self.passphrase()) }
        #expect(told.contains("log.key is missing; restore the folder keys/"))
    }

    @Test func `the key of another log is refused`() throws {
        let (one, other) = (Scratch(), Scratch())
        let keys = try Self.made(one)
        _ = try Self.made(other)
        one.write("keys/log.key", other.bytes("keys/log.key"))
        let told = words { _ = try keys.open(Self.passphrase()) }
        #expect(told.contains("is the key of another log"))
        #expect(try Self.findings(keys) == ["keys/log.key"])
    }

    @Test func `keys are made all at once and never over others`() throws {
        let scratch = Scratch()
        // What a crash in the middle leaves.
        scratch.write("keys.new/root.key", [1, 2, 3])
        let keys = try Self.made(scratch)
        #expect(scratch.files.filter { $0.hasPrefix("keys.new") } == [])
        #expect(throws: Failure.self) {
            try keys.create(.init(origin: TestLog.origin), passphrase: Self.passphrase())
        }
        for name in ["log.key", "root.key", "root.vkey", "keyset.note"] {
            #expect(try !FileStatus(keys.path(name)).isReadableByOthers)
        }
    }

    @Test func `after a rotation old receipts verify and the new key signs`() throws {
        let scratch = Scratch()
        let engine = try TestLog.engine(scratch.path)
        let keys = try Self.made(scratch)
        let clock = ManualClock()
        let (log, _) = try EvidenceLog.open(
            engine, identity: keys.open(Self.passphrase()), clock: clock, options: TestLog.options()
        )
        let receipt = try TestLog.add(log, 1)
        let oldKey = try #require(log.keySet.entries.last?.key)
        let oldProof = try log.prove(receipt.index)
        let size = log.size
        let newKey = try keys.rotate(
            root: keys.keyFile("root.key"), at: size, passphrase: Self.passphrase(),
            rootPassphrase: Self.passphrase(), costs: .cheap)
        try log.close()
        #expect(newKey != oldKey)

        let identity = try keys.open(Self.passphrase())
        let (again, report) = try EvidenceLog.open(
            TestLog.engine(scratch.path), identity: identity, clock: clock,
            options: TestLog.options())
        #expect(report.clean)
        #expect(again.keySet.ordinal == 2)
        #expect(try again.checkpoint.signers(among: [oldKey, newKey]) == [newKey])
        _ = try again.keySet.open(oldProof.checkpoint)
        _ = try oldProof.verify(leaf: receipt.leaf.hash, origin: TestLog.origin, keys: [oldKey])
        #expect(
            try again.leaf(at: size).kind == .keyset || again.leaf(at: size + 1).kind == .keyset)
        // A thief of the old key cannot go on where it ended.
        let forged = Checkpoint(origin: TestLog.origin, size: size + 1, root: .zero)
        let thief = try KeyFile(parsing: scratch.bytes("keys/log.key")).open(Self.passphrase())
        #expect(thief.verifierKey == newKey)
        #expect(!again.keySet.keys(validAt: forged.size).contains(oldKey))
        try again.close()
    }

    @Test func `a rotation that was cut off is ended by the next start`() throws {
        let scratch = Scratch()
        let keys = try Self.made(scratch)
        let old = scratch.bytes("keys/log.key")
        let newKey = try keys.rotate(
            root: keys.keyFile("root.key"), at: 10, passphrase: Self.passphrase(),
            rootPassphrase: Self.passphrase(), costs: .cheap)
        // As if the last rename had not happened.
        scratch.write("keys/log.key.next", scratch.bytes("keys/log.key"))
        scratch.write("keys/log.key", old)
        #expect(try Self.findings(keys) == [])
        _ = try keys.open(Self.passphrase())
        #expect(try keys.keyFile("log.key").verifierKey == newKey)
        // As if the key set had not been replaced: the new key counts for nothing.
        let stray = try KeyFile.make(
            name: TestLog.origin, passphrase: Self.passphrase(), costs: .cheap)
        scratch.write("keys/log.key.next", stray.encode())
        _ = try keys.open(Self.passphrase())
        #expect(try keys.keyFile("log.key").verifierKey == newKey)
        #expect(!scratch.files.contains("keys/log.key.next"))
    }

    @Test func `only this log's root key can rotate`() throws {
        let (one, other) = (Scratch(), Scratch())
        let keys = try Self.made(one)
        let foreign = try Self.made(other).keyFile("root.key")
        let told = words {
            _ = try keys.rotate(
                root: foreign, at: 5, passphrase: Self.passphrase(),
                rootPassphrase: Self.passphrase(), costs: .cheap)
        }
        #expect(told.contains("is not the one of this log"))
    }

    @Test func `the root key moves away whole, and once`() throws {
        let scratch = Scratch()
        let keys = try Self.made(scratch)
        let key = scratch.bytes("keys/root.key")
        scratch.write("stick/taken", [1])
        #expect(throws: Failure.self) { try keys.moveRoot(to: scratch.path + "/stick/taken") }
        #expect(keys.holdsRootKey)
        try keys.moveRoot(to: scratch.path + "/stick/root.key")
        #expect(scratch.bytes("stick/root.key") == key)
        #expect(!keys.holdsRootKey)
        #expect(words { try keys.moveRoot(to: scratch.path + "/x") }.contains("moved away before"))
        _ = try keys.open(Self.passphrase())
    }

    @Test func `another passphrase opens the keys, the old one no longer`() throws {
        let scratch = Scratch()
        let keys = try Self.made(scratch, keep: true)
        try keys.setPassphrase(
            from: Self.passphrase(), to: Self.passphrase("second"), keep: false)
        _ = try keys.open(Self.passphrase("second"))
        #expect(throws: Failure.self) { try keys.open(Self.passphrase()) }
        #expect(!scratch.files.contains("keys/passphrase"))
        // Repeating it is harmless.
        try keys.setPassphrase(
            from: Self.passphrase(), to: Self.passphrase("second"), keep: false)
    }

    @Test func `no file and no message tells passphrase or seed`() throws {
        let scratch = Scratch()
        let secret = "canary-4f1c-passphrase"
        let seed = [UInt8](repeating: 0xC5, count: 32)
        let keys = try Self.made(scratch)
        let phrase = try Self.passphrase(secret)
        try keys.setPassphrase(from: Self.passphrase(), to: phrase, keep: false)
        let printed =
            "\(phrase)" + String(reflecting: phrase) + "\(phrase as Any)"
            + words { _ = try keys.open(Self.passphrase(secret + "x")) }
        #expect(!printed.contains("canary"))
        for name in scratch.files {
            let text = String(decoding: scratch.bytes(name), as: UTF8.self)
            #expect(
                !text.contains(secret) && !text.contains(seed.hex) && !text.contains(seed.base64))
        }
        var dumped = ""
        dump(phrase, to: &dumped)
        #expect(!dumped.contains("canary") && !dumped.contains("99"))
    }
}
