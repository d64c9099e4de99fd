internal import Base

/// Writes ISO base media boxes (ISO/IEC 14496-12): a length, four letters, contents. Lengths are
/// filled in when a box ends, so contents are written once, in order.
struct BoxWriter {
    private(set) var bytes: [UInt8] = []
    private var open: [Int] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func box(_ name: String, _ contents: (inout BoxWriter) -> Void) {
        begin(name)
        contents(&self)
        end()
    }

    /// A box with version and flags.
    mutating func fullBox(
        _ name: String, version: UInt8 = 0, flags: UInt32 = 0,
        _ contents: (inout BoxWriter) -> Void
    ) {
        begin(name)
        put(UInt32(version) << 24 | flags)
        contents(&self)
        end()
    }

    private mutating func begin(_ name: String) {
        open.append(bytes.count)
        put(UInt32(0))
        letters(name)
    }

    private mutating func end() {
        let start = open.removeLast()
        let length = UInt32(bytes.count - start)
        for i in 0..<4 { bytes[start + i] = UInt8(truncatingIfNeeded: length >> (24 - 8 * i)) }
    }

    mutating func put<I: FixedWidthInteger>(_ value: I) { bytes.appendBigEndian(value) }
    mutating func put(_ more: [UInt8]) { bytes.append(contentsOf: more) }
    mutating func zeros(_ count: Int) { for _ in 0..<count { bytes.append(0) } }

    mutating func letters(_ name: String) {
        bytes.append(contentsOf: name.utf8)
    }
}
