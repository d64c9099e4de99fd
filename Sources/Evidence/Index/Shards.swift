internal import Base
internal import IndexFormat
internal import Store

/// Where each kind of entry lives. Hashed tables are cut by a byte of the key; series by month, so
/// that what has expired can go as whole shards.
extension Table {
    private func shard(_ byte: UInt8) -> Shard {
        Shard(table: rawValue, name: Self.names[Int(byte)])
    }

    /// Made once: every index entry needs one of these.
    private static let names: [[UInt8]] = (0...255).map { [UInt8($0)] }

    static let metaShard = Table.meta.shard(0)
    static let watermarkKey = Array("watermark".utf8)
    /// The open segment's running digest: saves reading it again at every start.
    static let digestKey = Array("open-segment".utf8)
    static let holdShard = Table.holds.shard(0)
    static let pendingShard = Table.pending.shard(0)
    static let policyShard = Table.policies.shard(0)

    static func idShard(_ id: RecordID) -> Shard {
        Table.ids.shard(UInt8(truncatingIfNeeded: id.low))
    }
    static func aboutShard(_ id: RecordID) -> Shard {
        Table.about.shard(UInt8(truncatingIfNeeded: id.low))
    }
    static func removedShard(_ id: RecordID) -> Shard {
        Table.removed.shard(UInt8(truncatingIfNeeded: id.low))
    }
    static func requestShard(_ hash: ShortHash) -> Shard { Table.requests.shard(hash.firstByte) }
    static func linkShard(_ hash: ShortHash) -> Shard { Table.links.shard(hash.firstByte) }
    static func monthShard(_ hash: ShortHash) -> Shard { Table.months.shard(hash.firstByte) }
    static func chainShard(_ hash: ShortHash) -> Shard { Table.chains.shard(hash.firstByte) }
    static func chainItemShard(_ hash: ShortHash) -> Shard {
        Table.chainItems.shard(hash.firstByte)
    }
    static func eventShard(_ hash: ShortHash) -> Shard { Table.events.shard(hash.firstByte) }

    static func seriesShard(_ hash: ShortHash, month: UInt16) -> Shard {
        var name: [UInt8] = []
        name.reserveCapacity(18)
        hash.append(to: &name)
        name.appendBigEndian(month)
        return Shard(table: Table.series.rawValue, name: name)
    }
}
