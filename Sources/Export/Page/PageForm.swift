internal import EvidenceFormat

/// A line of the page with places for fields of a leaf: `{to}; {frames} frames`. Read once; a field
/// that is not there leaves nothing. `report.py` has the same forms, and makes the same bytes.
struct PageForm: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        case field(String)
    }
    private let pieces: [Piece]

    init(_ text: String) {
        var pieces: [Piece] = []
        for part in text.split(separator: "{", omittingEmptySubsequences: false) {
            let halves = part.split(
                separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2 { pieces.append(.field(String(halves[0]))) }
            if let rest = halves.last, !rest.isEmpty { pieces.append(.text(Array(rest.utf8))) }
        }
        self.pieces = pieces
    }

    /// The first field, without which the line has nothing to say.
    var subject: String? {
        for case .field(let name) in pieces { return name }
        return nil
    }

    func append(_ object: JSONObject, to bytes: inout [UInt8]) {
        for piece in pieces {
            switch piece {
            case .text(let text): bytes += text
            case .field(let name):
                if let value = object[name] { value.show(as: name, to: &bytes) }
            }
        }
    }

    func fill(_ object: JSONObject) -> [UInt8] {
        var bytes: [UInt8] = []
        append(object, to: &bytes)
        return bytes
    }
}

extension JSON {
    /// As people read it, escaped for HTML.
    func show(as name: String = "", to bytes: inout [UInt8]) {
        switch self {
        case .array(let items):
            for (i, item) in items.enumerated() {
                if i > 0 { bytes += [0x2C, 0x20] }
                item.show(to: &bytes)
            }
        case .int(let number) where name.hasSuffix("_us"):
            Self.show(milliseconds: number, signed: Self.signedFields.contains(name), to: &bytes)
        case .int(let number): bytes += Array(String(number).utf8)
        case .bool(let value): bytes += Array((value ? "True" : "False").utf8)
        case .object(let object): Self.show(object, as: name, to: &bytes)
        case .string(let text): Self.show(text, to: &bytes)
        }
    }

    /// Where a plus says as much as a minus.
    private static let signedFields: Set<String> = ["dist_us", "cam_off_us", "step_us"]

    private static func show(milliseconds micros: Int64, signed: Bool, to bytes: inout [UInt8]) {
        let magnitude = micros.magnitude
        let thousandths = String(magnitude % 1000)
        let sign = micros < 0 ? "-" : signed ? "+" : ""
        let zeros = String(repeating: "0", count: 3 - thousandths.utf8.count)
        bytes += Array("\(sign)\(magnitude / 1000).\(zeros)\(thousandths) ms".utf8)
    }

    private static func show(_ object: JSONObject, as name: String, to bytes: inout [UInt8]) {
        if name == "clk" {
            let isKnown = object["sync"]?.bool ?? false
            bytes += Array("\(isKnown ? "" : "NOT ")synchronised, error at most ".utf8)
            object["max_us"]?.show(as: "max_us", to: &bytes)
            return
        }
        object["kind"]?.show(to: &bytes)
        bytes.append(0x20)
        object["value"]?.show(to: &bytes)
        for ref in object["refs"]?.array ?? [] {
            bytes += [0x20, 0x2F, 0x20]
            ref.show(to: &bytes)
        }
    }

    private static func show(_ text: String, to bytes: inout [UInt8]) {
        let utf8 = text.utf8Span.span
        if isTime(utf8) {
            for i in 0..<26 { bytes.append(i == 10 ? 0x20 : utf8[i]) }
            bytes += [0x20, 0x55, 0x54, 0x43]
            return
        }
        for i in utf8.indices {
            switch utf8[i] {
            case 0x26: bytes += [0x26, 0x61, 0x6D, 0x70, 0x3B]
            case 0x3C: bytes += [0x26, 0x6C, 0x74, 0x3B]
            case 0x3E: bytes += [0x26, 0x67, 0x74, 0x3B]
            case 0x22: bytes += [0x26, 0x71, 0x75, 0x6F, 0x74, 0x3B]
            case 0x27: bytes += [0x26, 0x23, 0x78, 0x32, 0x37, 0x3B]
            default: bytes.append(utf8[i])
            }
        }
    }

    /// By shape alone, as `report.py` does: a reason may look like a time that does not exist.
    private static func isTime(_ text: Span<UInt8>) -> Bool {
        guard text.count == timeShape.count else { return false }
        for i in text.indices {
            let form = timeShape[i]
            guard form == 0x30 ? (0x30...0x39).contains(text[i]) : text[i] == form else {
                return false
            }
        }
        return true
    }

    private static let timeShape = Array("0000-00-00T00:00:00.000000Z".utf8)
}
