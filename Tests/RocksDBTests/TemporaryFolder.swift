import Base
import Foundation
import RocksDB

/// A folder on a real disk for one test, removed with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("proofreel-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/db" }

    /// What a process that is killed now leaves behind: the files as they stand.
    func copy(of path: String) throws -> String {
        let copy = self.path + "/copy-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        return copy
    }

    func tables(of path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".sst") }
            .map { path + "/" + $0 }
    }
}

extension Database {
    func put(_ pairs: KeyValuePairs<[UInt8], [UInt8]>) throws(Failure) {
        var batch = WriteBatch()
        for (key, value) in pairs { batch.put(key.span, value.span) }
        try write(batch)
    }

    func put(_ keys: [String]) throws(Failure) {
        var batch = WriteBatch()
        for key in keys { batch.put(Array(key.utf8).span, [1].span) }
        try write(batch)
    }

    func value(_ key: String) throws(Failure) -> [UInt8]? { try get(Array(key.utf8).span) }

    func keys(
        from start: String, prefixSameAsStart: Bool = false, lower: String? = nil,
        upper: String? = nil
    ) throws(Failure) -> [String] {
        var iterator = try iterator(
            prefixSameAsStart: prefixSameAsStart, lowerBound: lower.map { Array($0.utf8) },
            upperBound: upper.map { Array($0.utf8) })
        var keys: [String] = []
        try iterator.seek(Array(start.utf8).span)
        while iterator.isValid {
            keys.append(String(decoding: iterator.key.array(), as: UTF8.self))
            try iterator.next()
        }
        return keys
    }

    func keysBackwards(
        from end: String, prefixSameAsStart: Bool = false, lower: String? = nil,
        upper: String? = nil
    ) throws(Failure) -> [String] {
        var iterator = try iterator(
            prefixSameAsStart: prefixSameAsStart, lowerBound: lower.map { Array($0.utf8) },
            upperBound: upper.map { Array($0.utf8) })
        var keys: [String] = []
        try iterator.seekForPrev(Array(end.utf8).span)
        while iterator.isValid {
            keys.append(String(decoding: iterator.key.array(), as: UTF8.self))
            try iterator.previous()
        }
        return keys
    }
}
