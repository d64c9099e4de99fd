package import Base
internal import RocksDB

/// Every entry of the maps in the order of the engine's own keys, checksums verified: what an index
/// is compared by. One thread; gone before the engine closes.
package final class MapCursor {
    private var iterator: Database.Iterator

    init(_ database: Database) throws(Failure) {
        iterator = try database.iterator(verifyChecksums: true, fillCache: false)
        try iterator.seekToFirst()
    }

    package func next() throws(Failure) -> MapEntry? {
        guard iterator.isValid else { return nil }
        let entry = MapEntry(key: Array(span: iterator.key), value: Array(span: iterator.value))
        try iterator.next()
        return entry
    }
}
