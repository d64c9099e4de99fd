internal import Base
internal import EvidenceFormat
internal import WireProtocol

/// A document of an answer, for commands that show it to people.
struct Document {
    static let bytesMax = 1 << 20

    let json: JSON
    private let members: JSONObject

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object else {
            throw Failure(.corrupt, "the answer is no document; are both sides up to date?")
        }
        self.json = json
        members = object
    }

    /// Of an item or a reply.
    init(_ message: [UInt8]) throws {
        guard let text = try Fields(message.span).text(.document) else {
            throw Failure(.corrupt, "the answer has no document; are both sides up to date?")
        }
        try self.init(JSON(parsing: Array(text.utf8).span, bytesMax: Self.bytesMax))
    }

    var id: String { text("id") ?? "" }

    func text(_ name: String) -> String? { members[name]?.string }
    func int(_ name: String) -> Int64? { members[name]?.int }
    func bool(_ name: String) -> Bool { members[name]?.bool ?? false }
    func time(_ name: String) -> WallTime? { text(name).flatMap { WallTime($0) } }
    func array(_ name: String) -> [JSON] { members[name]?.array ?? [] }
    func object(_ name: String) -> JSONObject? { members[name]?.object }

    /// With more members, such as the file that was written.
    func adding(_ more: [(String, JSON)]) -> JSON {
        .object(JSONObject(members.members.map { ($0.key, $0.value) } + more))
    }

    // MARK: Records

    var links: [(kind: String, value: String)] {
        array("links").compactMap { link in
            guard let kind = link.object?["kind"]?.string,
                let value = link.object?["value"]?.string
            else { return nil }
            return (kind, value)
        }
    }

    /// The leaf itself, where the answer is a receipt: it says more exactly what the document says.
    var leaf: JSONObject? {
        guard let text = object("receipt")?["leaf"]?.string else { return nil }
        do throws(Failure) {
            return try JSON(parsing: Array(text.utf8).span).object
        } catch {
            return nil
        }
    }

    /// Index of the leaf, and size of the signed tree that the receipt proves it in.
    var proven: (index: Int64, size: UInt64)? {
        guard let index = object("receipt")?["index"]?.int,
            let text = object("receipt")?["proof"]?.string
        else { return nil }
        do throws(Failure) {
            let proof = try LogProof(parsing: Array(text.utf8))
            return (index, try Checkpoint(text: proof.checkpoint.text).size)
        } catch {
            return nil
        }
    }
}
