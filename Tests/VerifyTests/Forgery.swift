import Base
import Crypto
import Evidence
import EvidenceFormat
import SegmentFormat
import Store
import TestSupport

/// What a thief of the log key can do: take the leaves of a log, change what he likes, and write a
/// whole new log that is signed and consistent in itself.
struct Forgery {
    struct Item {
        var leaf: [UInt8]
        var secret: [UInt8]
        var payload: [UInt8]

        var json: JSONObject {
            get throws { try JSON(parsing: leaf.span).object ?? JSONObject([]) }
        }

        /// The same leaf with fields of another value.
        func changing(_ fields: [String: JSON]) throws -> Item {
            var members = try json.members.map { ($0.key, $0.value) }
            members.removeAll { fields[$0.0] != nil }
            members += fields.map { ($0.key, $0.value) }
            var copy = self
            copy.leaf = JSONObject(members).encode()
            return copy
        }
    }

    var items: [Item] = []

    /// Everything that stands in the log of a folder.
    init(reading folder: Scratch) throws {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(folder.path, options: options)
        var segment: UInt32 = 0
        while (try? engine.length(of: Names.segment(segment))) != nil {
            let scanner = try SegmentScanner(engine, segment: segment)
            while case .frame(let frame) = try scanner.next() {
                var secret: [UInt8] = []
                var payload: [UInt8] = []
                let place = frame.place
                let object = Names.segment(segment)
                try engine.read(
                    object, at: place.privateOffset, count: place.privateBytes, into: &secret)
                try engine.read(
                    object, at: place.payloadOffset, count: place.payloadBytes, into: &payload)
                items.append(Item(leaf: frame.leaf, secret: secret, payload: payload))
            }
            segment += 1
        }
        try engine.close()
    }

    /// The first leaf of a kind that `also` holds for.
    func position(of kind: LeafKind, where also: (JSONObject) -> Bool = { _ in true }) -> Int? {
        items.firstIndex { item in
            guard let json = try? item.json else { return false }
            return json["kind"]?.string == kind.rawValue && also(json)
        }
    }

    /// Writes a store that opens, signed with the real key. Seals of old segments are left out, as
    /// there is one segment now.
    func write() throws -> Scratch {
        let folder = Scratch(inMemory: true)
        let items = items.filter { (try? $0.json["kind"]?.string) != "segment-seal" }
        let engine = try EmbeddedEngine(folder.path)
        let epoch = try engine.claim()
        let header = SegmentHeader(
            segment: 0, firstLeaf: 0, origin: TestLog.origin, openID: RecordID(high: 1, low: 2),
            created: .distantPast)
        var bytes = header.bytes
        var edge = TreeEdge()
        for (i, item) in items.enumerated() {
            let frame = FrameHeader(
                leaf: item.leaf.span, privateBytes: item.secret.count,
                payloadBytes: item.payload.count, index: UInt64(i), group: UInt64(i))
            bytes += frame.bytes + item.leaf + item.secret + item.payload
            edge.append(Merkle.leafHash(item.leaf.span))
        }
        try engine.create(Names.segment(0), epoch: epoch)
        try engine.append(bytes.span, to: Names.segment(0), at: 0, epoch: epoch)
        let head = Checkpoint(origin: TestLog.origin, size: edge.size, root: edge.root)
        let note = head.signed(by: [try TestLog.logSigner()]).encode() + [0x0A]
        try engine.create(Names.checkpoints, epoch: epoch)
        try engine.append(note.span, to: Names.checkpoints, at: 0, epoch: epoch)
        _ = try Rebuild.run(engine, identity: try TestLog.identity(), clock: ManualClock())
        try engine.close()
        return folder
    }
}
