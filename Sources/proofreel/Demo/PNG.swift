internal import Base

/// The smallest honest picture: an RGB image in stored, not compressed, deflate blocks.
enum PNG {
    /// Stripes and a square whose colours and place depend on the seed.
    static func pattern(width: Int, height: Int, seed: Int) -> [UInt8] {
        var rows: [UInt8] = []
        let left = (seed * 13) % (width - 24)
        for y in 0..<height {
            rows.append(0)  // no filter
            for x in 0..<width {
                let inside = (left..<(left + 24)).contains(x) && (20..<44).contains(y)
                let stripe = (x + y * seed) / 8 % 2 == 0
                rows +=
                    inside
                    ? [UInt8(40 * seed % 256), 200, 90]
                    : stripe
                        ? [235, 235, UInt8(200 + seed % 50)]
                        : [70, 80, UInt8(90 + 20 * seed % 120)]
            }
        }
        var head: [UInt8] = []
        head.appendBigEndian(UInt32(width))
        head.appendBigEndian(UInt32(height))
        head += [8, 2, 0, 0, 0]  // eight bits, RGB
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", head)
            + chunk("IDAT", stored(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ kind: String, _ bytes: [UInt8]) -> [UInt8] {
        var chunk: [UInt8] = []
        chunk.appendBigEndian(UInt32(bytes.count))
        let body = Array(kind.utf8) + bytes
        chunk += body
        chunk.appendBigEndian(crc32(body))
        return chunk
    }

    /// zlib (RFC 1950) around deflate blocks that hold the bytes as they are.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            stream.append(rest.isEmpty ? 1 : 0)
            stream.appendLittleEndian(UInt16(block.count))
            stream.appendLittleEndian(~UInt16(block.count))
            stream += block
        } while !rest.isEmpty
        stream.appendBigEndian(adler32(bytes))
        return stream
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return b << 16 | a
    }

    /// The CRC of ISO 3309, which PNG wants; ours everywhere else is CRC-32C.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = .max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
