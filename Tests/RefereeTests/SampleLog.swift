import Base
import Crypto
import EvidenceFormat
import Foundation

/// A log of real leaves under a real key, as the files that `Tests/Referees/referee.py` describes.
enum SampleLog {
    static let sizes = [1, 2, 3, 255, 256, 257, 1000, 70_000]
    static let origin = "evidence.plant7.example/log/e1"

    /// With `changing`, one letter of one leaf is another in the file than in the tree.
    static func write(sizes: [Int] = sizes, changing: Bool = false) throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("proofreel-referees-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let signer = try NoteSigner(
            name: origin, key: SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        try Data(signer.verifierKey.text.utf8).write(to: folder.appendingPathComponent("vkey"))

        var tiles = Tiles()
        var file: [UInt8] = []
        for index in 0..<(sizes.max() ?? 0) {
            let leaf = try leaf(index)
            tiles.append(leaf.hash)
            let stored = changing && index == 1 ? try self.leaf(index + 1).bytes : leaf.bytes
            file.appendBigEndian(UInt16(stored.count))
            file += stored
            if sizes.contains(index + 1) {
                try writeProofs(UInt64(index + 1), tiles, signer, sizes, folder)
            }
        }
        try Data(file).write(to: folder.appendingPathComponent("leaves"))
        return folder
    }

    static func remove(_ folder: URL) {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("left behind: \(folder.path): \(error)")
        }
    }

    private static func writeProofs(
        _ size: UInt64, _ tiles: Tiles, _ signer: NoteSigner, _ sizes: [Int], _ folder: URL
    ) throws {
        func put(_ name: String, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
        let root = tiles.edge.root
        let note = Checkpoint(origin: origin, size: size, root: root).signed(by: [signer])
        try put("checkpoint-\(size)", note.encode())
        for index in Set([0, size / 3, size / 2, size - 1]) {
            let path = try TileProof.inclusion(
                index: index, size: size, reader: tiles, expecting: root)
            let proof = LogProof(index: index, path: path, checkpoint: note)
            try put("proof-\(index)-\(size).tlog-proof", proof.encode())
        }
        for old in sizes where old <= size {
            let path = try TileProof.consistency(
                from: UInt64(old), to: size, reader: tiles, expecting: root)
            let lines = path.map { $0.bytes.base64 + "\n" }.joined()
            try put("consistency-\(old)-\(size)", Array(lines.utf8))
        }
    }

    private static func leaf(_ index: Int) throws -> Leaf {
        let time = WallTime(microseconds: 1_769_904_000_000_000 + Int64(index) * 1000)
        let common = LeafCommon(
            id: RecordID(at: time, random: (UInt64(index), UInt64(index))), site: "Werk 7 – 北",
            time: time,
            clock: ClockTrust(
                synchronised: true, estimatedErrorMicroseconds: 10, maximumErrorMicroseconds: 500),
            actor: "scheduler", session: "")
        let fields: [(String, JSON)] = [
            ("segment", .int(Int64(index))), ("first", .int(0)), ("count", .int(1)),
            ("len", .int(4096)), ("digest", .string(SHA256.hash([UInt8(index & 255)].span).hex)),
        ]
        return try Leaf(kind: .segmentSeal, common: common, fields: fields)
    }
}

/// The levels of a tree in memory.
struct Tiles: TileReader {
    private(set) var edge = TreeEdge()
    private var levels: [[Digest]] = [[], [], []]

    mutating func append(_ hash: Digest) {
        var stored: [(Int, Digest)] = []
        edge.append(hash) { stored.append(($0, $1)) }
        for (level, hash) in stored { levels[level].append(hash) }
    }

    func hashes(level: Int, from: UInt64, count: Int) throws(Failure) -> [Digest] {
        Array(levels[level][Int(from)..<Int(from) + count])
    }
}
