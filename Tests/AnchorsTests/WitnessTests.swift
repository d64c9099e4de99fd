import Anchors
import Base
import Crypto
import EvidenceFormat
import Linux
import Synchronization
import TestSupport
import Testing

/// What a witness signs, and what it never does, whatever it is sent and however often it ends.
@Suite struct WitnessTests {
    @Test func `a log that grows is cosigned, and the cosignature says when`() throws {
        let room = try WitnessRoom()
        let witness = try room.witness()
        let trees = Trees(300)
        var old = 0
        for size in [1, 2, 3, 7, 8, 9, 255, 256, 257, 300] {
            room.clock.advance(seconds: 10)
            let request = try trees.request(from: old, to: size)
            guard case .cosigned(let line) = try witness.add(request) else {
                Issue.record("size \(size) was refused")
                return
            }
            let cosigned = request.note.adding(line)
            let seconds = room.clock.now.microseconds / 1_000_000 * 1_000_000
            #expect(try room.cosigner.key.time(on: cosigned)?.microseconds == seconds)
            #expect(witness.last(of: TestLog.origin) == cosigned)
            old = size
        }
        #expect(try witness.add(trees.request(from: 300, to: 300)).isCosigned)
    }

    @Test func `T7 of two histories under one key the second is refused, whichever way it comes`()
        throws
    {
        let room = try WitnessRoom()
        let witness = try room.witness()
        let trees = Trees(10)
        var fork = Trees(6)
        fork.add(8, seed: 1)
        #expect(try witness.add(trees.request(from: 0, to: 10)).isCosigned)
        // It thinks that it was seen up to where both agree; from there; and at the same size.
        #expect(
            try witness.add(fork.request(from: 6, to: 14)) == .refused(.conflict(size: 10)))
        #expect(try witness.add(fork.request(from: 10, to: 14)) == .refused(.inconsistent))
        #expect(
            try witness.add(fork.request(from: 10, to: 10)) == .refused(.conflict(size: 10)))
        #expect(try witness.add(fork.request(from: 0, to: 14)) == .refused(.conflict(size: 10)))
        #expect(try witness.add(trees.request(from: 10, to: 10)).isCosigned)
    }

    @Test func `T4 a smaller tree is never cosigned again, also after a restart`() throws {
        let room = try WitnessRoom()
        let trees = Trees(20)
        do {
            let witness = try room.witness()
            #expect(try witness.add(trees.request(from: 0, to: 20)).isCosigned)
        }
        let witness = try room.witness()
        for size in [0, 1, 12] {
            #expect(
                try witness.add(trees.request(from: 0, to: size)) == .refused(.conflict(size: 20)))
            #expect(
                try witness.add(trees.request(from: size, to: size))
                    == .refused(.conflict(size: 20)))
        }
        guard case .refused(.malformed) = try witness.add(trees.request(from: 20, to: 12)) else {
            Issue.record("an old size above the checkpoint's was taken")
            return
        }
    }

    @Test func `logs and keys that are not known are told apart`() throws {
        let room = try WitnessRoom()
        let witness = try room.witness()
        let trees = Trees(3)
        guard case .refused(.untrusted) = try witness.add(trees.request(from: 0, to: 3, key: 5))
        else {
            Issue.record("another key was taken")
            return
        }
        let other = try NoteSigner(
            name: "other.test/log", key: SigningKey(seed: [UInt8](repeating: 4, count: 32)))
        let note = Checkpoint(origin: "other.test/log", size: 3, root: trees.root(3))
            .signed(by: [other])
        let request = AddCheckpoint(oldSize: 0, proof: [], note: note)
        #expect(try witness.add(request) == .refused(.unknownLog("other.test/log")))
        // A key of one log signs for no other.
        let mixed = Checkpoint(origin: "other.test/log", size: 3, root: trees.root(3))
            .signed(by: [try TestLog.logSigner()])
        #expect(
            try witness.add(AddCheckpoint(oldSize: 0, proof: [], note: mixed))
                == .refused(.unknownLog("other.test/log")))
        witness.replace(keys: [other.verifierKey])
        #expect(try witness.add(request).isCosigned)
        #expect(
            try witness.add(trees.request(from: 0, to: 3)) == .refused(.unknownLog(TestLog.origin)))
    }

    @Test func `any hash of the proof changed is refused`() throws {
        let room = try WitnessRoom()
        let witness = try room.witness()
        let trees = Trees(100)
        #expect(try witness.add(trees.request(from: 0, to: 37)).isCosigned)
        let good = try trees.request(from: 37, to: 100)
        for i in good.proof.indices {
            var proof = good.proof
            proof[i] = .zero
            let bad = AddCheckpoint(oldSize: 37, proof: proof, note: good.note)
            #expect(try witness.add(bad) == .refused(.inconsistent))
            proof.remove(at: i)
            let short = AddCheckpoint(oldSize: 37, proof: proof, note: good.note)
            #expect(try witness.add(short) == .refused(.inconsistent))
        }
        #expect(try witness.add(good).isCosigned)
    }

    @Test func `of many who continue one tree at once, one is first`() throws {
        let room = try WitnessRoom()
        let witness = try room.witness()
        let first = Trees(5)
        #expect(try witness.add(first.request(from: 0, to: 5)).isCosigned)
        let forks = try (1...16).map { seed in
            var fork = Trees(5)
            fork.add(3, seed: UInt8(seed))
            return try fork.request(from: 5, to: 8)
        }
        let cosigned = Atomic(0)
        let threads = forks.map { request in
            Thread(name: "fork") {
                if (try? witness.add(request))?.isCosigned == true {
                    cosigned.add(1, ordering: .relaxed)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(cosigned.load(ordering: .relaxed) == 1)
    }

    @Test func `a witness whose memory was damaged does not start`() throws {
        let room = try WitnessRoom()
        let trees = Trees(5)
        do { _ = try room.witness().add(trees.request(from: 0, to: 5)) }
        let name = "state/\(Witness.fileName(TestLog.origin))"
        let whole = room.folder.bytes(name)
        let note = try trees.note(5).text
        var refused = 0
        for i in whole.indices {
            var bytes = whole
            bytes[i] ^= 1
            room.folder.write(name, bytes)
            do throws(Failure) {
                // The log's own signature is none of the witness's: what was seen is the same.
                let witness = try room.witness()
                #expect(witness.last(of: TestLog.origin)?.text == note, "byte \(i)")
            } catch {
                refused += 1
            }
        }
        #expect(refused > whole.count / 2)
        room.folder.write(name, Array(whole.dropLast()))
        #expect(throws: Failure.self) { try room.witness() }
        room.folder.write(name, whole)
        let witness = try room.witness()
        #expect(witness.last(of: TestLog.origin) != nil)
        // Nor do two of them share it.
        #expect(throws: Failure.self) { try room.witness() }
    }

    @Test func `a list of logs has one key a line, and remarks`() throws {
        let key = try TestLog.logSigner().verifierKey
        let text = "# logs of plant 7\n\n  \(key.text)  # e1\r\n"
        #expect(try Witness.keys(Array(text.utf8)) == [key])
        #expect(throws: Failure.self) { try Witness.keys(Array("# nothing\n".utf8)) }
        do throws(Failure) {
            _ = try Witness.keys(Array("\(key.text)\nnonsense\n".utf8))
            Issue.record("nonsense was taken")
        } catch {
            #expect(error.words.hasPrefix("line 2: "), "\(error.words)")
        }
    }
}
