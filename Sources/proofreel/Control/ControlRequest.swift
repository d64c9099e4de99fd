internal import Base
internal import EvidenceFormat

/// A command line on its way to the server, with what it depends on of its caller.
struct ControlRequest: Sendable {
    static let bytesMax = 1 << 20
    static let inputMax = 64 << 20
    /// Kinds of messages.
    static let words: UInt8 = 0x77
    static let input: UInt8 = 0x69
    static let exit: UInt8 = 0x78

    var words: [String]
    /// Relative paths start here.
    var folder: String
    var colours: (answers: Bool, asides: Bool)
    var input: [UInt8] = []

    var bytes: [UInt8] {
        JSON.object(
            JSONObject([
                ("words", .array(words.map { .string($0) })), ("folder", .string(folder)),
                ("colours", .bool(colours.answers)), ("aside_colours", .bool(colours.asides)),
            ])
        ).encode()
    }

    init(
        words: [String], folder: String, colours: (answers: Bool, asides: Bool), input: [UInt8]
    ) {
        self.words = words
        self.folder = folder
        self.colours = colours
        self.input = input
    }

    init(_ bytes: [UInt8]) throws(Failure) {
        let json = try JSON(parsing: bytes.span, bytesMax: Self.bytesMax)
        guard let object = json.object, let words = object["words"]?.array,
            let folder = object["folder"]?.string
        else { throw Failure(.invalid, "a request without words") }
        self.words = words.compactMap(\.string)
        self.folder = folder
        colours = (
            object["colours"]?.bool ?? false, object["aside_colours"]?.bool ?? false
        )
    }
}
