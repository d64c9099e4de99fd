internal import Base

/// What every contender stores: the same bytes under the same names.
package struct Pictures {
    package static let bytes = 200_000
    package static let smallBytes = 100

    package let count: Int
    private let base: [UInt8]

    package init(count: Int) {
        self.count = count
        var random = SeededRandom(seed: 3)
        var base: [UInt8] = []
        while base.count < Self.bytes {
            base.appendBigEndian(UInt64.random(in: .min ... .max, using: &random))
        }
        self.base = base
    }

    package static func check(_ i: Int) -> String { "odoo:bench/quality.check/\(i)" }

    /// No two are equal.
    package func picture(_ i: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt64(i))
        bytes += base[8..<Self.bytes]
        return bytes
    }

    package func small(_ i: Int) -> [UInt8] { Array(picture(i).prefix(Self.smallBytes)) }
}
