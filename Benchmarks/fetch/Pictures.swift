import Base

/// What every contender stores: the same bytes under the same names.
struct Pictures {
    static let bytes = 200_000
    static let smallBytes = 100

    let count: Int
    private let base: [UInt8]

    init(count: Int) {
        self.count = count
        var random = SeededRandom(seed: 3)
        var base: [UInt8] = []
        while base.count < Self.bytes {
            base.appendBigEndian(UInt64.random(in: .min ... .max, using: &random))
        }
        self.base = base
    }

    static func check(_ i: Int) -> String { "odoo:bench/quality.check/\(i)" }

    /// No two are equal.
    func picture(_ i: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt64(i))
        bytes += base[8..<Self.bytes]
        return bytes
    }

    func small(_ i: Int) -> [UInt8] { Array(picture(i).prefix(Self.smallBytes)) }
}
