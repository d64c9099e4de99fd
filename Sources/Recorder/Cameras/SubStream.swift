package import Base
package import Ingest

/// A camera's second, smaller stream, for looking on: `press-3/sub` beside `press-3`. To rings, log
/// and commands it is a camera of its own, so nothing that befalls it touches the main stream. It
/// is added after its camera, and goes with it.
extension CameraConfig {
    package static let subSuffix = "/sub"
    /// Enough for minutes: evidence is taken from the main stream.
    package static let subRingBytes: UInt64 = 256 << 20

    package static func subID(of id: String) -> String { mainID(of: id) + subSuffix }

    package static func mainID(of id: String) -> String {
        id.hasSuffix(subSuffix) ? String(id.dropLast(subSuffix.count)) : id
    }

    package var isSub: Bool { id.hasSuffix(Self.subSuffix) }

    /// The second stream of this camera, at `url`.
    package func sub(_ url: CameraURL, added: WallTime) throws(Failure) -> CameraConfig {
        guard !isSub else {
            throw Failure(.invalid, "\(id) is a sub stream itself; name the camera's main stream")
        }
        var sub = try CameraConfig(id: Self.subID(of: id), name: name, url: url, added: added)
        sub.room = room
        sub.workCentre = workCentre
        sub.isOn = isOn
        sub.ringBytes = Self.subRingBytes
        return sub
    }
}

extension Recorder {
    /// Adds the sub stream of a camera. Without credentials of its own it uses its camera's, at the
    /// same host only.
    package func add(
        sub config: CameraConfig, credentials: CameraBook.Credentials?
    ) throws(Failure) {
        var credentials = credentials
        if credentials == nil { credentials = try inherited(by: config) }
        try add(config, credentials: credentials)
    }

    private func inherited(by sub: CameraConfig) throws(Failure) -> CameraBook.Credentials? {
        let main = try book.camera(CameraConfig.mainID(of: sub.id))
        let open = try book.openURL(of: main)
        guard let user = open.user, open.host == sub.url.host else { return nil }
        return CameraBook.Credentials(user: user, password: open.password)
    }

    /// A camera's sub stream; nil when it has none.
    package func sub(of id: String) -> CameraConfig? {
        let sub = CameraConfig.subID(of: id)
        return sub == id ? nil : book.all.first { $0.id == sub }
    }
}
