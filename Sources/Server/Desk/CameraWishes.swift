internal import Base
internal import EvidenceFormat
internal import Ingest
internal import Recorder
internal import WireProtocol

/// What a request wants of a camera: one document with the names of `camera show`, each of which
/// may be absent. Read whole before anything is changed.
struct CameraWishes {
    struct Stream {
        var url: CameraURL
        var ringBytes: UInt64?
    }

    private static let names = [
        "accept_device", "name", "on", "password", "ring_bytes", "ring_s", "room", "settings",
        "sub", "user", "work_centre",
    ]

    private let object: JSONObject
    /// Values of settings; an empty one means the default again.
    private var settings: [String: String] = [:]
    private(set) var sub: Stream?
    /// A new size for a sub stream that is there.
    private(set) var subRingBytes: UInt64?
    var acceptsDevice: Bool { object["accept_device"]?.bool == true }
    var isEmpty: Bool { object.members.isEmpty }
    var onlyAcceptsDevice: Bool { acceptsDevice && object.members.count == 1 }

    init(_ text: String?) throws {
        guard let text else {
            object = JSONObject([])
            return
        }
        guard let object = try LooseJSON.parse(Array(text.utf8)).object else {
            throw WireError(.invalid, "what a camera should be is one JSON object")
        }
        self.object = object
        for member in object.members where !Self.names.contains(member.key) {
            throw WireError(
                .invalid,
                "cameras have no \(member.key) to be set; there are:"
                    + " \(Self.names.joined(separator: ", "))")
        }
        for name in ["name", "room", "work_centre", "user", "password"] {
            try expect(name, "a text") { $0.string != nil }
        }
        for name in ["ring_bytes", "ring_s"] {
            try expect(name, "a whole number above 0") { ($0.int ?? 0) > 0 }
        }
        for name in ["on", "accept_device"] { try expect(name, "true or false") { $0.bool != nil } }
        try expect("settings", "an object of texts") { value in
            value.object?.members.allSatisfy { $0.value.string != nil } ?? false
        }
        for member in object["settings"]?.object?.members ?? [] {
            settings[member.key] = member.value.string
        }
        try readSub()
    }

    private func expect(
        _ name: String, _ what: String, _ holds: (JSON) -> Bool
    ) throws(WireError) {
        guard let value = object[name], !holds(value) else { return }
        throw WireError(.invalid, "\(name) of a camera should be \(what)")
    }

    private mutating func readSub() throws {
        guard let value = object["sub"] else { return }
        guard let members = value.object?.members,
            members.allSatisfy({ $0.key == "url" || $0.key == "ring_bytes" })
        else {
            throw WireError(
                .invalid, "sub of a camera should be {\"url\": …, \"ring_bytes\": …}")
        }
        let bytes = value.object?["ring_bytes"]?.int
        guard (bytes ?? 1) > 0 else {
            throw WireError(.invalid, "ring_bytes of a sub stream should be above 0")
        }
        subRingBytes = bytes.map { UInt64($0) }
        guard let text = value.object?["url"]?.string else { return }
        sub = Stream(url: try CameraURL(text), ringBytes: subRingBytes)
    }

    func apply(to config: inout CameraConfig) throws(WireError) {
        if let name = object["name"]?.string { config.name = name }
        if let room = object["room"]?.string { config.room = room.isEmpty ? nil : room }
        if let centre = object["work_centre"]?.string {
            config.workCentre = centre.isEmpty ? nil : centre
        }
        if let bytes = object["ring_bytes"]?.int { config.ringBytes = UInt64(bytes) }
        if let seconds = object["ring_s"]?.int { config.ringSeconds = seconds }
        if let isOn = object["on"]?.bool { config.isOn = isOn }
        let scheme = config.url.scheme
        let known = SourceMaker.settingNames(scheme)
        for (name, value) in settings {
            guard known.contains(name) || (name.hasPrefix("control.") && scheme == .usb) else {
                throw WireError(
                    .invalid,
                    "\(scheme) cameras have no setting \(name)"
                        + (known.isEmpty ? "" : "; there are: \(known.joined(separator: ", "))"))
            }
            config.settings[name] = value.isEmpty ? nil : value
        }
    }

    /// Given apart, or in the URL as people write it.
    func credentials(_ url: CameraURL?) throws(WireError) -> CameraBook.Credentials? {
        guard let user = object["user"]?.string ?? url?.user else {
            guard object["password"] == nil else {
                throw WireError(.invalid, "a camera's password wants its user beside it")
            }
            return nil
        }
        return CameraBook.Credentials(
            user: user, password: object["password"]?.string ?? url?.password)
    }
}
