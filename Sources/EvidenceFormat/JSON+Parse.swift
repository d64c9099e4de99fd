package import Base

extension JSON {
    /// Reads only the bytes that `encode` writes. A second spelling of the same value is refused:
    /// it would be a second hash of one fact, and two readers might see two facts in it.
    package init(
        parsing bytes: Span<UInt8>, bytesMax: Int = Leaf.bytesMax
    ) throws(Failure) {
        guard bytes.count <= bytesMax else {
            throw Failure(
                .invalid, "this JSON has \(bytes.count) bytes; at most \(bytesMax) are read")
        }
        var parser = JSONParser(bytes)
        self = try parser.value(depth: 0)
        guard parser.at == bytes.count else {
            throw parser.failure("has something after its end; remove it")
        }
    }
}

/// Walks the bytes once. Lives only while they are borrowed.
private struct JSONParser: ~Escapable {
    let bytes: Span<UInt8>
    var at = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    func failure(_ words: String) -> Failure {
        Failure(.invalid, "the JSON at byte \(at) \(words)")
    }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    mutating func require(_ byte: UInt8) throws(Failure) {
        guard skip(byte) else {
            throw failure(
                "should continue with \(Unicode.Scalar(byte)); write it without white space")
        }
    }

    mutating func value(depth: Int) throws(Failure) -> JSON {
        switch next {
        case 0x22: return .string(try string())
        case 0x5B, 0x7B:
            guard depth < JSON.depthMax else {
                throw failure("is nested more than \(JSON.depthMax) deep")
            }
            return next == 0x5B
                ? try array(depth: depth + 1) : .object(try object(depth: depth + 1))
        case 0x74: return .bool(try word("true", true))
        case 0x66: return .bool(try word("false", false))
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39:
            return .int(try int())
        default: throw failure("should be a text, whole number, true, false, array or object")
        }
    }

    private mutating func word(_ word: String, _ value: Bool) throws(Failure) -> Bool {
        for byte in word.utf8 {
            guard skip(byte) else { throw failure("should be \(word)") }
        }
        return value
    }

    private mutating func array(depth: Int) throws(Failure) -> JSON {
        at += 1
        var items: [JSON] = []
        if skip(0x5D) { return .array(items) }
        while true {
            items.append(try value(depth: depth))
            if skip(0x5D) { return .array(items) }
            try require(0x2C)
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONObject {
        at += 1
        var members: [JSONObject.Member] = []
        members.reserveCapacity(depth == 1 ? 32 : 4)
        if skip(0x7D) { return JSONObject(sorted: members) }
        while true {
            let key = try key()
            if let last = members.last, last.key >= key {
                throw failure(
                    last.key == key
                        ? "has the key \(key) twice; keep one"
                        : "has the key \(key) after \(last.key); sort the keys")
            }
            try require(0x3A)
            members.append(.init(key: key, value: try value(depth: depth)))
            if skip(0x7D) { return JSONObject(sorted: members) }
            try require(0x2C)
        }
    }

    private mutating func key() throws(Failure) -> String {
        try require(0x22)
        let start = at
        while let byte = next, JSONObject.isKeyByte(byte) {
            guard at - start < JSONObject.keyBytesMax else {
                throw failure("has a key longer than \(JSONObject.keyBytesMax) bytes")
            }
            at += 1
        }
        let end = at
        guard end > start, skip(0x22), let key = text(start..<end) else {
            throw failure("has a key that is empty or not plain ASCII")
        }
        return key
    }

    /// Nil when the bytes are not UTF-8.
    private func text(_ range: Range<Int>) -> String? {
        guard let text = try? UTF8Span(validating: bytes.extracting(range)) else { return nil }
        return String(copying: text)
    }

    private mutating func int() throws(Failure) -> Int64 {
        let negative = skip(0x2D)
        let start = at
        var value: Int64 = 0
        while let byte = next, (0x30...0x39).contains(byte) {
            value = value * 10 + Int64(byte - 0x30)
            at += 1
            guard value <= JSON.intRange.upperBound else {
                throw failure("has a number outside ±(2^53 − 1)")
            }
        }
        guard at > start else { throw failure("has a sign without digits") }
        guard at == start + 1 || bytes[start] != 0x30 else {
            throw failure("has a number with a leading zero")
        }
        guard !(negative && value == 0) else { throw failure("has -0; write 0") }
        if let byte = next, byte == 0x2E || byte == 0x65 || byte == 0x45 {
            throw failure("has a fraction or exponent; only whole numbers are written here")
        }
        return negative ? -value : value
    }

    private mutating func string() throws(Failure) -> String {
        at += 1
        let start = at
        while let byte = next, byte != 0x22 {
            if byte == 0x5C { return try string(escapedFrom: start) }
            guard byte >= 0x20 else { throw rawControl }
            at += 1
        }
        guard next != nil else { throw failure("ends inside a text") }
        guard let string = text(start..<at) else { throw notText }
        at += 1
        return string
    }

    private var rawControl: Failure {
        failure("has a raw control character in a text; escape it")
    }
    private var notText: Failure { failure("ends a text that is not valid UTF-8") }

    /// A text that began at `first` and has an escape here: few have one.
    private mutating func string(escapedFrom first: Int) throws(Failure) -> String {
        var text: [UInt8] = []
        var start = first
        while let byte = next {
            switch byte {
            case 0x22:
                text.append(span: bytes.extracting(start..<at))
                guard let string = String(validating: text, as: UTF8.self) else { throw notText }
                at += 1
                return string
            case 0x5C:
                text.append(span: bytes.extracting(start..<at))
                at += 1
                text.append(try escaped())
                start = at
            case 0..<0x20: throw rawControl
            default: at += 1
            }
        }
        throw failure("ends inside a text")
    }

    /// Only the escapes that RFC 8785 writes: `\u0041` for A would be a second spelling.
    private mutating func escaped() throws(Failure) -> UInt8 {
        guard let byte = next else { throw failure("ends inside an escape") }
        at += 1
        switch byte {
        case 0x62: return 0x08
        case 0x74: return 0x09
        case 0x6E: return 0x0A
        case 0x66: return 0x0C
        case 0x72: return 0x0D
        case 0x22, 0x5C: return byte
        case 0x75: return try control()
        default: throw failure("has an escape that canonical JSON never writes")
        }
    }

    private mutating func control() throws(Failure) -> UInt8 {
        guard at + 4 <= bytes.count,
            let value = [UInt8](
                hex: String(decoding: bytes.extracting(at..<at + 4).array(), as: UTF8.self)),
            value[0] == 0, value[1] < 0x20, ![0x08, 0x09, 0x0A, 0x0C, 0x0D].contains(value[1])
        else { throw failure("has a \\u escape that canonical JSON never writes") }
        at += 4
        return value[1]
    }
}
