internal import Base
internal import EvidenceFormat
internal import SegmentFormat
internal import Store

/// Compares the stored rows (tile hashes and places) with what the leaves give. Every stored entry
/// is compared, so a forged tile shows whether or not a proof would use it.
struct RowCheck {
    private static let batchLeaves: UInt64 = 8192

    private let levels: [Row]
    private let places: Row
    private(set) var edge = TreeEdge()
    private var growth = RowGrowth(from: 0)
    /// Only so far must the rows reach; what a crash cut off is derived again at the next start.
    private let requiredSize: UInt64

    init(_ engine: any StorageEngine, requiredSize: UInt64) {
        levels = (0..<TreeRows.levelMax).map {
            Row(Names.level($0), recordBytes: Digest.byteCount, engine: engine)
        }
        places = Row(Names.places, recordBytes: Place.byteCount, engine: engine)
        self.requiredSize = requiredSize
    }

    mutating func add(_ leaf: Digest, _ place: Place, _ result: inout Verification) {
        growth.add(leaf, place, to: &edge)
        if edge.size - growth.from >= Self.batchLeaves { compare(&result) }
    }

    mutating func compare(_ result: inout Verification) {
        for level in levels.indices where !growth.hashes[level].isEmpty {
            compare(
                levels[level], growth.hashes[level], at: TreeRows.stored(level, growth.from),
                width: Digest.byteCount, required: TreeRows.stored(level, requiredSize), &result)
        }
        if !growth.places.isEmpty {
            compare(
                places, growth.places, at: growth.from, width: Place.byteCount,
                required: requiredSize, &result)
        }
        growth = RowGrowth(from: edge.size)
    }

    private func compare(
        _ row: Row, _ expected: [UInt8], at first: UInt64, width: Int, required: UInt64,
        _ result: inout Verification
    ) {
        let count = UInt64(expected.count / width)
        let stored = stored(row, first..<(first + count), required, &result)
        guard stored != expected else { return }
        var reported = 0
        for i in 0..<(stored.count / width) where reported < 3 {
            let range = (i * width)..<((i + 1) * width)
            guard stored[range] != expected[range] else { continue }
            reported += 1
            let entry = first + UInt64(i)
            let chunk = Names.chunk(of: row.name, entry / Row.recordsPerChunk)
            result.add(
                .damage, "\(chunk)",
                "entry \(entry) does not follow from the leaves; make it again with"
                    + " proofreel admin rebuild-index")
        }
    }

    /// As many whole entries as are there; fewer than required is damage.
    private func stored(
        _ row: Row, _ range: Range<UInt64>, _ required: UInt64, _ result: inout Verification
    ) -> [UInt8] {
        do throws(Failure) {
            let end = min(range.upperBound, try row.count())
            if end < min(range.upperBound, required) {
                result.add(
                    .damage, row.name,
                    "ends at entry \(end) although a checkpoint for \(required) was recorded;"
                        + " make it again with proofreel admin rebuild-index")
            }
            return end > range.lowerBound ? try row.read(range.lowerBound..<end) : []
        } catch {
            result.add(.damage, row.name, error.words)
            return []
        }
    }

    /// Entries beyond the last leaf, when nobody is writing.
    func checkEnds(_ result: inout Verification) {
        for (level, row) in levels.enumerated() {
            checkEnd(row, TreeRows.stored(level, edge.size), &result)
        }
        checkEnd(places, edge.size, &result)
    }

    private func checkEnd(_ row: Row, _ size: UInt64, _ result: inout Verification) {
        do throws(Failure) {
            let bytes = try row.byteCount()
            if bytes > size * UInt64(row.recordBytes) {
                result.add(.damage, row.name, "has more than the \(size) entries of the log")
            } else if bytes % UInt64(row.recordBytes) != 0 {
                result.add(.damage, row.name, "ends in the middle of an entry")
            }
        } catch {
            result.add(.damage, row.name, error.words)
        }
    }
}
