package import Base
internal import EvidenceFormat
package import Ingest

/// What a person decided about a camera. Kept when it is switched off.
package struct CameraConfig: Hashable, Sendable {
    /// How it is meant and written: `press-3`.
    package let id: String
    package var name: String
    package var room: String?
    package var workCentre: String?
    /// Without credentials.
    package var url: CameraURL
    package var isOn = true
    /// Bytes that its ring may take, all reserved at once.
    package var ringBytes: UInt64 = RingOptions().bytes
    /// Footage older than this is forgotten; nil keeps what fits.
    package var ringSeconds: Int64?
    /// How it is asked: `transport`, `size`, `rate`, `format`, `verify-tls`, `control.NAME`.
    package var settings: [String: String] = [:]
    /// User and password, sealed. Nothing hands them out but the connection itself.
    package var sealed: [UInt8]?
    /// Nil until one was met. Kept by the recorder: nobody sets it but by accepting a device.
    package internal(set) var device: KnownDevice?
    package let added: WallTime

    package init(id: String, name: String, url: CameraURL, added: WallTime) throws(Failure) {
        try Self.check(id: id)
        self.id = id
        self.name = name
        self.url = url.with(user: nil, password: nil)
        self.added = added
    }

    package static func check(id whole: String) throws(Failure) {
        let id = mainID(of: whole)
        let letters = id.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        guard letters, (1...48).contains(id.utf8.count), !id.hasPrefix("-") else {
            throw Failure(
                .invalid,
                "a camera's id is 1 to 48 of a-z, 0-9 and -, such as press-3; its name may be any"
                    + " text")
        }
    }

    static func check(text: String, _ what: String) throws(Failure) {
        guard (1...128).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw Failure(.invalid, "\(what) is one line of text with at most 128 bytes")
        }
    }
}

extension CameraConfig {
    var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("name", .string(name)), ("url", .string(url.complete)),
            ("on", .bool(isOn)), ("ring_bytes", .int(Int64(ringBytes))),
            ("added", .string(added.description)),
            (
                "settings",
                .object(JSONObject(settings.map { ($0.key, JSON.string($0.value)) }))
            ),
        ]
        if let room { fields.append(("room", .string(room))) }
        if let workCentre { fields.append(("work_centre", .string(workCentre))) }
        if let ringSeconds { fields.append(("ring_s", .int(ringSeconds))) }
        if let sealed { fields.append(("sealed", .string(sealed.base64))) }
        if let device { fields.append(("device", device.json)) }
        return .object(JSONObject(fields))
    }

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let id = object["id"]?.string,
            let name = object["name"]?.string, let text = object["url"]?.string,
            let added = object["added"]?.string.flatMap({ WallTime($0) })
        else { throw Failure(.corrupt, "an entry of cameras.json lacks id, name, url or added") }
        try self.init(id: id, name: name, url: try CameraURL(text), added: added)
        room = object["room"]?.string
        workCentre = object["work_centre"]?.string
        isOn = object["on"]?.bool ?? true
        if let bytes = object["ring_bytes"]?.int, bytes > 0 { ringBytes = UInt64(bytes) }
        ringSeconds = object["ring_s"]?.int
        for member in object["settings"]?.object?.members ?? [] {
            settings[member.key] = member.value.string
        }
        device = object["device"].flatMap { KnownDevice($0) }
        sealed = object["sealed"]?.string.flatMap { [UInt8](base64: $0) }
    }
}
