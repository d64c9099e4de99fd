package import Base
internal import Access
package import Evidence
package import EvidenceFormat
package import Recorder
package import WireProtocol

/// What the HTTP gateway asks, without the binary protocol's fields: under the same rights, into
/// the same trail.
extension Desk {
    /// An operation's answer as documents.
    package struct Told: Sendable {
        package let items: [JSON]
        package let document: JSON?
        package let body: [UInt8]
    }

    private static let documentBytesMax = 1 << 20

    /// An operation of the protocol for whoever speaks JSON.
    package func told(
        _ operation: Operation, _ fields: FieldWriter, for caller: Caller
    ) throws -> Told {
        let answer = try perform(operation, fields.bytes, body: [], for: caller)
        let body: [UInt8] = if case .bytes(let bytes) = answer.body { bytes } else { [] }
        return Told(
            items: try answer.items.compactMap(Self.document(of:)),
            document: try Self.document(of: answer.reply.bytes), body: body)
    }

    private static func document(of message: [UInt8]) throws -> JSON? {
        try Fields(message.span).bytes(.document).map { bytes throws(Failure) in
            try JSON(parsing: bytes.span, bytesMax: documentBytesMax)
        }
    }

    package func hits(_ query: Query, for caller: Caller) throws -> QueryPage {
        try searching(query, caller)
        return try log.find(query)
    }

    /// A record by its id and the hash of its bytes. Whoever reads by link alone was told the hash
    /// by a list that he named a link for, so knowing it counts as naming one. A wrong hash is a
    /// wrong id.
    package func picture(
        _ id: RecordID, hash: Digest, for caller: Caller
    ) throws -> StoredPicture {
        let picture = try log.picture(id)
        guard picture.hash == hash else { throw Failure(.notFound, "there is no record \(id)") }
        try read(id, camera: picture.camera, byLink: true, caller)
        return picture
    }

    /// The bytes of a small picture that fits into a square; see `docs/protocol.md` on thumbnails.
    package func thumbnail(of picture: StoredPicture, side: Int64) throws -> [UInt8] {
        try thumbnail(of: picture, width: side, height: side).bytes
    }

    /// Throws unless the caller may look at a camera now.
    package func requireLook(at camera: String, of caller: Caller) throws(Failure) {
        try check(caller, .live, "camera \(camera)") { identity throws(Failure) in
            try identity.requireRead(camera: CameraConfig.mainID(of: camera), namesLink: false)
        }
    }

    /// The newest frame of a camera as a picture; nothing is stored.
    package func look(at camera: String, for caller: Caller) throws -> Look {
        try requireLook(at: camera, of: caller)
        try note(caller, .live, "camera \(camera)")
        return try recorder.look(at: camera)
    }
}
