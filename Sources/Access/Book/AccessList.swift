internal import Base
internal import Crypto
internal import EvidenceFormat
internal import Linux

/// All that stands in `DATADIR/access/book.json`. A value: changed beside the one in use, written,
/// then put in its place.
struct AccessList: Sendable {
    static let bytesMax = 8 << 20
    static let peopleMax = 1000
    static let tokensMax = 1000
    static let machinesMax = 1000
    private static let pretenceByteCount = 32

    var people: [Person] = []
    var tokens: [Token] = []
    var machines: [Machine] = []
    /// Makes the salts of people who do not exist, the same ones after a restart.
    let pretence: [UInt8]

    init() throws(Failure) { pretence = try randomBytes(Self.pretenceByteCount) }

    /// Nil when there is no file.
    static func read(_ path: String, _ files: RealFileSystem) throws(Failure) -> AccessList? {
        guard files.exists(path) else { return nil }
        let bytes = try files.contents(of: path, limit: bytesMax)
        do throws(Failure) {
            return try AccessList(JSON(parsing: bytes.span, bytesMax: bytesMax))
        } catch {
            throw Failure(error.kind, "\(path): \(error.words)")
        }
    }

    private init(_ json: JSON) throws(Failure) {
        guard json.object?["v"]?.int == 1 else {
            throw Failure(.unsupported, "it was written by a newer version; update proofreel")
        }
        guard let pretence = json.object?["pretence"]?.string.flatMap({ [UInt8](base64: $0) })
        else { throw Failure(.corrupt, "it is damaged; restore it from a copy") }
        self.pretence = pretence
        for entry in json.object?["people"]?.array ?? [] { people.append(try Person(entry)) }
        for entry in json.object?["tokens"]?.array ?? [] { tokens.append(try Token(entry)) }
        for entry in json.object?["machines"]?.array ?? [] { machines.append(try Machine(entry)) }
    }

    var bytes: [UInt8] {
        JSON.object(
            JSONObject([
                ("v", .int(1)), ("pretence", .string(pretence.base64)),
                ("people", .array(people.map(\.json))), ("tokens", .array(tokens.map(\.json))),
                ("machines", .array(machines.map(\.json))),
            ])
        ).encode()
    }
}
