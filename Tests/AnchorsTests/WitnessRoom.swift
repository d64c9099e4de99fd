import Anchors
import Base
import Crypto
import EvidenceFormat
import TestSupport
import Testing

/// Trees of one log in memory, for a witness to be shown.
struct Trees {
    var leaves: [Digest] = []

    init(_ count: Int, seed: UInt8 = 0) { add(count, seed: seed) }

    mutating func add(_ count: Int, seed: UInt8 = 0) {
        for _ in 0..<count {
            leaves.append(Merkle.leafHash([seed, UInt8(leaves.count & 0xFF)].span))
        }
    }

    private func root(_ range: Range<Int>) -> Digest {
        if range.count == 1 { return leaves[range.lowerBound] }
        let split = range.lowerBound + Self.half(range.count)
        return Merkle.node(root(range.lowerBound..<split), root(split..<range.upperBound))
    }

    /// The largest power of two below it.
    private static func half(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }

    func root(_ size: Int) -> Digest { size == 0 ? Merkle.emptyRoot : root(0..<size) }

    /// RFC 6962, 2.1.2, from its words.
    func proof(from old: Int, to size: Int) -> [Digest] {
        guard old > 0, old < size else { return [] }
        func part(_ m: Int, _ range: Range<Int>, _ isWhole: Bool) -> [Digest] {
            if m == range.count { return isWhole ? [] : [root(range)] }
            let split = Self.half(range.count)
            let middle = range.lowerBound + split
            return m <= split
                ? part(m, range.lowerBound..<middle, isWhole) + [root(middle..<range.upperBound)]
                : part(m - split, middle..<range.upperBound, false)
                    + [root(range.lowerBound..<middle)]
        }
        return part(old, 0..<size, true)
    }

    func note(_ size: Int, key: UInt8 = 2) throws -> SignedNote {
        Checkpoint(origin: TestLog.origin, size: UInt64(size), root: root(size))
            .signed(by: [try TestLog.logSigner(key)])
    }

    func request(from old: Int, to size: Int, key: UInt8 = 2) throws -> AddCheckpoint {
        AddCheckpoint(
            oldSize: UInt64(old), proof: proof(from: old, to: size), note: try note(size, key: key))
    }
}

/// A witness with a folder, that can be started again.
struct WitnessRoom {
    let folder = Scratch()
    let clock = ManualClock()
    let cosigner: Cosigner

    init() throws {
        cosigner = try Cosigner(name: "witness.test/w1", seed: [UInt8](repeating: 9, count: 32))
    }

    func witness(_ clock: (any Clock)? = nil) throws(Failure) -> Witness {
        let key: VerifierKey
        do {
            key = try TestLog.logSigner().verifierKey
        } catch { throw Failure(.invalid, "\(error)") }
        return try Witness(
            cosigner, keys: [key], folder: "\(folder.path)/state", clock: clock ?? self.clock)
    }
}

extension Witness.Answer {
    var isCosigned: Bool {
        if case .cosigned = self { true } else { false }
    }
}
