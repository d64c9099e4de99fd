package import Base
package import EvidenceFormat

/// JSON as people write it in an editor: with spaces and in any order. Otherwise as strict as the
/// log's own: whole numbers, no null, no key twice.
package struct LooseJSON {
    package static let bytesMax = 64 << 10

    private let bytes: [UInt8]
    private var at = 0

    package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSON {
        guard bytes.count <= bytesMax else {
            throw Failure(.invalid, "a document has at most \(bytesMax) bytes")
        }
        var reader = LooseJSON(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.at == bytes.count else { throw reader.wrong("something follows the end") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private func wrong(_ words: String) -> Failure {
        let line = bytes.prefix(at).count { $0 == 0x0A } + 1
        return Failure(.invalid, "line \(line): \(words)")
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> JSON {
        guard depth < JSON.depthMax else { throw wrong("too many brackets inside each other") }
        if take(0x7B) { return try object(depth: depth) }
        if take(0x5B) { return try array(depth: depth) }
        guard next == 0x22 else { return try word() }
        return .string(try text())
    }

    private mutating func object(depth: Int) throws(Failure) -> JSON {
        var members: [(String, JSON)] = []
        if take(0x7D) { return .object(JSONObject([])) }
        repeat {
            skipSpace()
            guard next == 0x22 else { throw wrong("a name in quotes should stand here") }
            let key = try text()
            guard JSONObject.isKey(key) else { throw wrong("\"\(key)\" is no name of a field") }
            guard !members.contains(where: { $0.0 == key }) else {
                throw wrong("\"\(key)\" stands here twice")
            }
            guard take(0x3A) else { throw wrong("a colon is missing after \"\(key)\"") }
            members.append((key, try value(depth: depth + 1)))
        } while take(0x2C)
        guard take(0x7D) else { throw wrong("a comma or } is missing") }
        return .object(JSONObject(members))
    }

    private mutating func array(depth: Int) throws(Failure) -> JSON {
        var items: [JSON] = []
        if take(0x5D) { return .array(items) }
        repeat { items.append(try value(depth: depth + 1)) } while take(0x2C)
        guard take(0x5D) else { throw wrong("a comma or ] is missing") }
        return .array(items)
    }

    /// Up to the closing quote; what is inside is read by the strict parser.
    private mutating func text() throws(Failure) -> String {
        let start = at
        at += 1
        while let byte = next, byte != 0x22 { at += byte == 0x5C ? 2 : 1 }
        guard next == 0x22 else { throw wrong("a text does not end") }
        at += 1
        return try strict(start)
    }

    private mutating func word() throws(Failure) -> JSON {
        let start = at
        while let byte = next, ![0x20, 0x09, 0x0A, 0x0D, 0x2C, 0x5D, 0x7D].contains(byte) {
            at += 1
        }
        guard at > start else { throw wrong("a value is missing") }
        return try json(start)
    }

    private func strict(_ start: Int) throws(Failure) -> String { try json(start).string ?? "" }

    private func json(_ start: Int) throws(Failure) -> JSON {
        let token = Array(bytes[start..<min(at, bytes.count)])
        do throws(Failure) {
            return try JSON(parsing: token.span)
        } catch {
            throw wrong("\(String(decoding: token, as: UTF8.self)) is not understood here")
        }
    }
}
