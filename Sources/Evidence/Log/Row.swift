internal import Base
internal import Store

/// A growing row of equal records, cut into objects of 65 536: tile hashes of one level, or places.
/// Derived from the segments; appended without a sync and synced before a checkpoint is recorded.
///
/// Owned by the log: one thread appends or syncs at a time, any thread reads what was appended.
final class Row: Sendable {
    static let recordsPerChunk: UInt64 = 65_536

    let name: String
    let recordBytes: Int
    private let engine: any StorageEngine

    init(_ name: String, recordBytes: Int, engine: any StorageEngine) {
        self.name = name
        self.recordBytes = recordBytes
        self.engine = engine
    }

    func append(_ bytes: [UInt8], at index: UInt64, epoch: Epoch) throws(Failure) {
        precondition(bytes.count % recordBytes == 0)
        var done = 0
        var position = index
        while done < bytes.count {
            let chunk = position / Self.recordsPerChunk
            let within = position % Self.recordsPerChunk
            let room = Int(Self.recordsPerChunk - within) * recordBytes
            let count = min(room, bytes.count - done)
            let object = Names.chunk(of: name, chunk)
            if within == 0 { try createOrReuse(object, epoch) }
            try engine.append(
                bytes.span.extracting(done..<(done + count)), to: object,
                at: within * UInt64(recordBytes), epoch: epoch)
            done += count
            position += UInt64(count / recordBytes)
        }
    }

    /// A crash may have left the object behind; appending at 0 drops what is in it.
    private func createOrReuse(_ object: ObjectName, _ epoch: Epoch) throws(Failure) {
        do {
            try engine.create(object, epoch: epoch)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
        }
    }

    func read(_ range: Range<UInt64>) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var position = range.lowerBound
        var part: [UInt8] = []
        while position < range.upperBound {
            let chunk = position / Self.recordsPerChunk
            let within = position % Self.recordsPerChunk
            let count = min(range.upperBound - position, Self.recordsPerChunk - within)
            try engine.read(
                Names.chunk(of: name, chunk), at: within * UInt64(recordBytes),
                count: Int(count) * recordBytes, into: &part)
            guard part.count == Int(count) * recordBytes else {
                throw Failure(
                    .corrupt, "\(Names.chunk(of: name, chunk)) is shorter than the log; run verify")
            }
            if bytes.isEmpty && position + count == range.upperBound { return part }
            bytes.append(contentsOf: part)
            position += count
        }
        return bytes
    }

    func sync(_ range: Range<UInt64>, epoch: Epoch) throws(Failure) {
        guard !range.isEmpty else { return }
        let first = range.lowerBound / Self.recordsPerChunk
        let last = (range.upperBound - 1) / Self.recordsPerChunk
        for chunk in first...last { try engine.sync(Names.chunk(of: name, chunk), epoch: epoch) }
    }

    /// How many whole records are there, as far as the objects' lengths tell.
    func count() throws(Failure) -> UInt64 { try byteCount() / UInt64(recordBytes) }

    func byteCount() throws(Failure) -> UInt64 {
        let chunkBytes = Self.recordsPerChunk * UInt64(recordBytes)
        var chunk: UInt64 = 0
        while true {
            do {
                let length = try engine.length(of: Names.chunk(of: name, chunk))
                if length != chunkBytes { return chunk * chunkBytes + length }
                chunk += 1
            } catch {
                guard error.kind == .notFound else { throw error }
                return chunk * chunkBytes
            }
        }
    }
}
