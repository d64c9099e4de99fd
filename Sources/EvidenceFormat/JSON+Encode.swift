internal import Base

extension JSON {
    /// The one text of this value, as RFC 8785 writes it.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) {
        switch self {
        case .string(let text): Self.append(text, to: &bytes)
        case .int(let number): Self.append(number, to: &bytes)
        case .bool(true): bytes.append(contentsOf: [0x74, 0x72, 0x75, 0x65])
        case .bool(false): bytes.append(contentsOf: [0x66, 0x61, 0x6C, 0x73, 0x65])
        case .array(let items):
            bytes.append(0x5B)
            for (i, item) in items.enumerated() {
                if i > 0 { bytes.append(0x2C) }
                item.append(to: &bytes)
            }
            bytes.append(0x5D)
        case .object(let object): object.append(to: &bytes)
        }
    }

    /// Runs of plain bytes are copied whole; only quotes, backslashes and control bytes are spelt.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        let utf8 = text.utf8Span
        let span = utf8.span
        var copied = 0
        for i in span.indices {
            let byte = span[i]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            bytes.append(span: span.extracting(copied..<i))
            append(escapeOf: byte, to: &bytes)
            copied = i + 1
        }
        bytes.append(span: span.extracting(copied..<span.count))
        bytes.append(0x22)
    }

    private static func append(escapeOf byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(0x5C)
        switch byte {
        case 0x08: bytes.append(0x62)
        case 0x09: bytes.append(0x74)
        case 0x0A: bytes.append(0x6E)
        case 0x0C: bytes.append(0x66)
        case 0x0D: bytes.append(0x72)
        case 0x22, 0x5C: bytes.append(byte)
        default:
            let low = byte & 15
            bytes.append(contentsOf: [0x75, 0x30, 0x30, 0x30 + (byte >> 4)])
            bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
        }
    }

    static func append(_ number: Int64, to bytes: inout [UInt8]) {
        precondition(intRange.contains(number), "a number outside ±(2^53 − 1)")
        if number < 0 { bytes.append(0x2D) }
        let magnitude = number.magnitude
        var scale: UInt64 = 1
        while magnitude / scale >= 10 { scale *= 10 }
        while scale > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: magnitude / scale % 10))
            scale /= 10
        }
    }
}

extension JSONObject {
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(0x7B)
        for (i, member) in members.enumerated() {
            if i > 0 { bytes.append(0x2C) }
            JSON.append(member.key, to: &bytes)
            bytes.append(0x3A)
            member.value.append(to: &bytes)
        }
        bytes.append(0x7D)
    }
}
