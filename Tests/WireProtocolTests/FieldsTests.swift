import Base
import TestSupport
import Testing
import WireProtocol

/// What stands in a message, byte for byte, and what must not.
struct FieldsTests {
    static func refusal(_ bytes: [UInt8]) -> WireError.Code? {
        do throws(WireError) {
            _ = try Fields(bytes.span)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `each shape of a field has its bytes`() {
        var fields = FieldWriter()
        fields.add(.camera, "é")
        fields.add(.limit, -2)
        fields.add(.sha256, [0xAB])
        fields.add(.oldest)
        fields.add(.document, "{}")
        let bytes: [UInt8] = [
            0x07, 0, 0, 2, 0xC3, 0xA9,
            0x64, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
            0x91, 0, 0, 1, 0xAB,
            0xB0, 0, 0, 0,
            0xC0, 0, 0, 2, 0x7B, 0x7D,
        ]
        #expect(fields.bytes == bytes)
    }

    @Test func `a pair is cut at its first separator, and one without any is told apart`() throws {
        var fields = FieldWriter()
        for link in ["check=a=b", "=", "none", "é=ü"] { fields.add(.link, link) }
        let bytes = fields.bytes
        let pairs = try Fields(bytes.span).pairs(.link, at: UInt8(ascii: "="))
        #expect(pairs.map { $0?.0 } == ["check", "", nil, "é"])
        #expect(pairs.map { $0?.1 } == ["a=b", "", nil, "ü"])
    }

    @Test func `what was written is read again, and what is not there is nil`() throws {
        var fields = FieldWriter()
        for camera in ["a", "b", ""] { fields.add(.camera, camera) }
        fields.add(.at, .min)
        fields.add(.sasl, [])
        let bytes = fields.bytes
        let read = try Fields(bytes.span)
        let (cameras, camera) = (read.texts(.camera), read.text(.camera))
        let (at, sasl, hasSasl) = (read.int(.at), read.bytes(.sasl), read.has(.sasl))
        let (name, limit, oldest) = (read.text(.name), read.int(.limit), read.has(.oldest))
        #expect(cameras == ["a", "b", ""])
        #expect(camera == "a")
        #expect(at == .min)
        #expect(sasl == [])
        #expect(hasSasl)
        #expect(name == nil)
        #expect(limit == nil)
        #expect(!oldest)
    }

    @Test func `keys that nobody knows are passed over`() throws {
        var bytes: [UInt8] = [0xF0, 0, 0, 3, 0xFF, 0, 0x80, 0x5E, 0, 0, 1, 0x78]
        var known = FieldWriter()
        known.add(.name, "x")
        bytes += known.bytes
        let read = try Fields(bytes.span)
        let name = read.text(.name)
        #expect(name == "x")
    }

    @Test(arguments: [
        ("cut in the head", [0x07, 0, 0] as [UInt8]),
        ("longer than the message", [0x07, 0, 0, 5, 0x61]),
        ("an integer of seven bytes", [0x64, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]),
        ("a flag with a value", [0xB0, 0, 0, 1, 0]),
        ("text that is no UTF-8", [0x07, 0, 0, 1, 0xFF]),
        ("JSON that is no UTF-8", [0xC0, 0, 0, 1, 0xC0]),
        ("text with a NUL", [0x07, 0, 0, 1, 0]),
    ])
    func `a field that is wrong is refused`(_ what: String, _ bytes: [UInt8]) {
        #expect(Self.refusal(bytes) == .invalid, "\(what)")
    }

    @Test func `more fields than a message may have are refused`() {
        var fields = FieldWriter()
        for _ in 0..<WireLimits.fieldsMax { fields.add(.oldest) }
        #expect(Self.refusal(fields.bytes) == nil)
        fields.add(.oldest)
        #expect(Self.refusal(fields.bytes) == .invalid)
    }

    @Test func `whatever the bytes are, reading them ends`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<20_000 {
            var bytes = random.bytes(Int(random.next() % 40))
            // Short lengths, so that some of them fit.
            for i in stride(from: 1, to: bytes.count, by: 5) { bytes[i] = 0 }
            for i in stride(from: 2, to: bytes.count, by: 5) { bytes[i] = 0 }
            do throws(WireError) {
                let fields = try Fields(bytes.span)
                for key in FieldKey.allCases { _ = fields.has(key) }
            } catch {
                #expect(error.code == .invalid)
            }
        }
    }

    @Test func `an error's frame stays within its limit`() {
        var error = WireError(.io, String(repeating: "e\u{301}", count: 20_000))
        error.details = String(repeating: "x", count: 100_000)
        var bytes: [UInt8] = []
        error.append(to: &bytes, stream: 3)
        let header = FrameHeader(decoding: bytes.span, at: 0)
        #expect(header.payloadBytes <= FrameType.error.payloadBytesMax)
        #expect(bytes.count == FrameHeader.byteCount + header.payloadBytes)
    }

    @Test func `numbers, words and shapes are each of a kind`() {
        #expect(Set(WireError.Code.allCases.map(\.word)).count == WireError.Code.allCases.count)
        for key in FieldKey.allCases { #expect(FieldShape(key: key.rawValue) != .unknown) }
    }
}
