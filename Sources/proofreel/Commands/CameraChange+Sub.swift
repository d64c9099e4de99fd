internal import Base
internal import Ingest
internal import Linux
internal import Recorder

/// `--sub` and `--stream`: a camera's second stream.
extension CameraChange {
    typealias Sub = (config: CameraConfig, credentials: CameraBook.Credentials?)

    /// What `--sub` names; nil when it is not given.
    func newSub(
        of config: CameraConfig
    ) throws -> Sub? {
        guard let text = arguments.value("sub") else {
            guard arguments.value("sub-ring") == nil || recorder.sub(of: id) != nil else {
                throw UsageError("--sub-ring wants --sub URL beside it")
            }
            return nil
        }
        let url = try CameraURL(text)
        var sub = try config.sub(url, added: SystemClock().now)
        if let bytes = try arguments.size("sub-ring") { sub.ringBytes = bytes }
        let own = url.user.map { CameraBook.Credentials(user: $0, password: url.password) }
        return (sub, own)
    }

    /// A new log-in of the camera is that of its sub stream too, at the same host.
    func setSub(
        _ new: Sub?,
        of config: CameraConfig, _ credentials: CameraBook.Credentials?
    ) throws {
        guard var known = recorder.sub(of: id) else {
            if let new { try recorder.add(sub: new.config, credentials: new.credentials) }
            return
        }
        let ring = try arguments.size("sub-ring")
        if let url = new?.config.url { known.url = url }
        if let ring { known.ringBytes = ring }
        let isSameHost = known.url.host == config.url.host
        let login = new?.credentials ?? (isSameHost ? credentials : nil)
        guard new != nil || ring != nil || login != nil else { return }
        try recorder.change(known, credentials: login, by: work.author)
    }
}

extension OptionSpec {
    static let stream = value("stream", "main|sub", "which of its streams; else main")
}

extension Arguments {
    /// The stream of a camera that `--stream` asks for.
    func stream(of camera: String) throws -> String {
        switch value("stream") {
        case nil, "main": return camera
        case "sub": return CameraConfig.subID(of: camera)
        default: throw UsageError("--stream should be main or sub")
        }
    }
}
