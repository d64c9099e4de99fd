internal import Base

/// Refused spellings of a ZIP file, with the entry where there is one.
func zipFailure(_ words: String, _ name: String? = nil) -> Failure {
    Failure(.corrupt, name.map { "the ZIP entry \($0) \(words)" } ?? "the ZIP file \(words)")
}

/// The extra fields of one entry: sizes beyond 4 GB, and times and owners that say nothing. Others
/// are refused: one of them gives the entry another name.
struct ZipExtra: Hashable {
    static let zip64: UInt16 = 0x0001

    /// Which fields there are. Millions of headers are read: no set on the heap for each.
    struct Kinds: OptionSet, Hashable {
        let rawValue: UInt8
        static let zip64 = Kinds(rawValue: 1)

        /// Info-ZIP's times, its old ones, and its two kinds of owner.
        private static let harmless: [UInt16] = [0x5455, 0x5855, 0x7855, 0x7875]

        init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Nil for a kind that is not known.
        init?(id: UInt16) {
            if id == ZipExtra.zip64 {
                self = .zip64
            } else if let place = Self.harmless.firstIndex(of: id) {
                self.init(rawValue: 2 << UInt8(place))
            } else {
                return nil
            }
        }
    }

    /// Values of the ZIP64 field, in order.
    private(set) var large: [UInt64]?
    /// What must be the same in both headers where both have it.
    private(set) var modified: [UInt8]?
    private(set) var owner: [UInt8]?
    private var kinds: Kinds = []

    init(_ bytes: ArraySlice<UInt8>, _ name: String) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw zipFailure("has a torn extra field", name) }
            let id = UInt16(little: rest, 0)
            let count = Int(UInt16(little: rest, 2))
            guard rest.count >= 4 + count else {
                throw zipFailure("has an extra field that is longer than its room", name)
            }
            let value = rest.dropFirst(4).prefix(count)
            rest = rest.dropFirst(4 + count)
            guard let kind = Kinds(id: id) else {
                throw zipFailure("has an extra field of an unknown kind (\(id))", name)
            }
            guard kinds.insert(kind).inserted else {
                throw zipFailure("has one extra field twice", name)
            }
            if kind == .zip64 {
                guard count % 8 == 0, count <= 24 else {
                    throw zipFailure("has a ZIP64 field of a wrong length", name)
                }
                large = stride(from: 0, to: count, by: 8).map { UInt64(little: value, $0) }
            } else {
                if id == 0x5455, count >= 5 { modified = Array(value.dropFirst().prefix(4)) }
                if id == 0x7875 { owner = Array(value) }
            }
        }
    }

    /// Whether both headers of one entry can have these.
    func agrees(with other: ZipExtra) -> Bool {
        kinds.subtracting(.zip64) == other.kinds.subtracting(.zip64) && modified == other.modified
            && owner == other.owner
    }
}

extension FixedWidthInteger {
    /// Little-endian, at an offset from the slice's own start; the caller has checked the bounds.
    init(little bytes: ArraySlice<UInt8>, _ offset: Int) {
        self = bytes.span.littleEndian(Self.self, at: offset)
    }
}
