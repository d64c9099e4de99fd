internal import Base
internal import Crypto
internal import EvidenceFormat
internal import SegmentFormat
internal import Store

/// Personal data beside a leaf: links such as the operator's name, with sixteen random bytes so
/// that the hash in the leaf (`priv`) does not give them away. It can be erased; the leaf then
/// still proves.
///
/// A strict JSON array: `{"kind":…,"refs":[…],"salt":…,"value":…}` for each link, `refs` only where
/// there are any.
package enum PrivateSection {
    /// Kinds of link whose values are people.
    package static let kinds: Set<String> = ["operator"]

    static func encode(_ links: [Link]) throws(Failure) -> [UInt8] {
        guard !links.isEmpty else { return [] }
        var items: [JSON] = []
        for link in links {
            var members: [(String, JSON)] = [
                ("kind", .string(link.kind)), ("value", .string(link.value)),
                ("salt", .string(try randomBytes(16).hex)),
            ]
            if !link.refs.isEmpty {
                members.append(("refs", .array(link.refs.map { .string($0) })))
            }
            items.append(.object(JSONObject(members)))
        }
        return JSON.array(items).encode()
    }

    static func decode(_ bytes: [UInt8]) throws(Failure) -> [Link] {
        let json = try JSON(parsing: bytes.span)
        var links: [Link] = []
        for item in json.array ?? [] { links.append(try Link(item)) }
        return links
    }

    /// Empty when there is none, or when it was erased.
    static func links(
        of leaf: Leaf, at place: Place, _ engine: any StorageEngine
    ) throws(Failure) -> [Link] {
        guard place.privateBytes > 0 else { return [] }
        var bytes: [UInt8] = []
        try engine.read(
            Names.segment(place.segment), at: place.privateOffset, count: place.privateBytes,
            into: &bytes)
        guard SHA256.hash(bytes.span) == leaf.digest("priv") else { return [] }
        return try decode(bytes)
    }
}
