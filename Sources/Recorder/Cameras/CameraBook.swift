package import Base
internal import Crypto
internal import EvidenceFormat
package import Ingest
internal import Linux

/// The list of cameras, in `DATADIR/cameras`: one file that is replaced as a whole, and the key
/// that seals their credentials. Copying the list without the key gives no password away.
package final class CameraBook: Sendable {
    private static let bytesMax = 4 << 20
    package static let countMax = 256

    private let folder: String
    private let files = RealFileSystem()
    private let cameras: Monitor<[CameraConfig]>

    package init(dataDirectory: String) throws(Failure) {
        folder = "\(dataDirectory)/cameras"
        cameras = Monitor([])
        let read = try Self.read("\(folder)/cameras.json", files)
        cameras.withLock { $0 = read }
    }

    package var all: [CameraConfig] { cameras.withLock { $0 } }

    package func camera(_ id: String) throws(Failure) -> CameraConfig {
        let all = self.all
        if let found = all.first(where: { $0.id == id }) { return found }
        let known = all.map(\.id).joined(separator: ", ")
        throw Failure(
            .notFound,
            "there is no camera \(id)"
                + (all.isEmpty
                    ? "; add one: proofreel camera add ID URL" : "; there are: \(known)"))
    }

    /// Durable when it returns. `credentials` replace the sealed ones; nil leaves them.
    package func put(
        _ config: CameraConfig, credentials: Credentials?, isNew: Bool
    ) throws(Failure) -> CameraConfig {
        var config = config
        try CameraConfig.check(text: config.name, "a camera's name")
        if let room = config.room { try CameraConfig.check(text: room, "a room") }
        if let centre = config.workCentre { try CameraConfig.check(text: centre, "a work centre") }
        guard config.ringBytes >= RingOptions.bytesMin, config.ringBytes <= 1 << 44 else {
            throw Failure(.invalid, "a ring has at least 4 MB and at most 16 TB")
        }
        if let credentials { config.sealed = try seal(credentials, for: config.id) }
        return try cameras.withLock { cameras throws(Failure) in
            var changed = cameras
            if let i = changed.firstIndex(where: { $0.id == config.id }) {
                guard !isNew else {
                    throw Failure(
                        .alreadyExists,
                        "there is a camera \(config.id) already; change it with proofreel camera"
                            + " set \(config.id), or choose another id")
                }
                // The camera's thread may have met a device since the caller looked; behind another
                // address stands another one.
                let isSamePlace = changed[i].url == config.url
                config.device = isSamePlace ? changed[i].device : nil
                changed[i] = config
            } else {
                let main = CameraConfig.mainID(of: config.id)
                guard !config.isSub || changed.contains(where: { $0.id == main }) else {
                    throw Failure(
                        .notFound,
                        "\(config.id) would be the sub stream of \(main), which is not there; add"
                            + " that first")
                }
                guard changed.count < Self.countMax else {
                    throw Failure(.refused, "there are \(Self.countMax) cameras; no more fit")
                }
                changed.append(config)
            }
            try write(changed)
            cameras = changed
            return config
        }
    }

    /// A device answered, or was accepted: written down only when that is news.
    func update(
        device id: String, _ change: (inout KnownDevice?) -> Void
    ) throws(Failure) -> KnownDevice? {
        try cameras.withLock { cameras throws(Failure) in
            guard let i = cameras.firstIndex(where: { $0.id == id }) else { return nil }
            var changed = cameras
            change(&changed[i].device)
            guard changed[i].device != cameras[i].device else { return changed[i].device }
            // What is known in memory holds even if the disk does not take it.
            cameras = changed
            try write(changed)
            return changed[i].device
        }
    }

    package func remove(_ id: String) throws(Failure) {
        try cameras.withLock { cameras throws(Failure) in
            let sub = CameraConfig.subID(of: id)
            let changed = cameras.filter { $0.id != id && $0.id != sub }
            try write(changed)
            cameras = changed
        }
    }

    // MARK: Credentials

    package struct Credentials: Hashable, Sendable {
        package let user: String
        package let password: String?
        package init(user: String, password: String?) {
            self.user = user
            self.password = password
        }
    }

    /// For the connection: the URL with what opens it.
    package func openURL(of config: CameraConfig) throws(Failure) -> CameraURL {
        guard let sealed = config.sealed else { return config.url }
        let plain = try SecretBox.open(sealed, key: key(), binding: Array(config.id.utf8))
        let parts = plain.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let user = String(decoding: parts[0], as: UTF8.self)
        let password = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil
        return config.url.with(user: user, password: password)
    }

    private func seal(_ credentials: Credentials, for id: String) throws(Failure) -> [UInt8] {
        var plain = Array(credentials.user.utf8)
        if let password = credentials.password { plain += [0] + Array(password.utf8) }
        return try SecretBox.seal(plain, key: key(), binding: Array(id.utf8))
    }

    /// Made when the first password is kept.
    private func key() throws(Failure) -> [UInt8] {
        let path = "\(folder)/secrets.key"
        if files.exists(path) {
            let bytes = try files.contents(of: path, limit: 64)
            guard bytes.count == SecretBox.keyByteCount else {
                throw Failure(
                    .corrupt,
                    "\(path) is damaged; restore it from a copy, or give the cameras their"
                        + " passwords again")
            }
            return bytes
        }
        guard cameras.withLock({ $0.allSatisfy { $0.sealed == nil } }) else {
            throw Failure(
                .dataLoss,
                "\(path) is gone, so the cameras' passwords cannot be read; restore it from a copy,"
                    + " or give them again: proofreel camera set ID --user NAME")
        }
        try files.createDirectory(folder)
        let bytes = try randomBytes(SecretBox.keyByteCount)
        try files.create(path, bytes)
        return bytes
    }

    // MARK: The file

    private static func read(
        _ path: String, _ files: RealFileSystem
    ) throws(Failure) -> [CameraConfig] {
        guard files.exists(path) else { return [] }
        let bytes = try files.contents(of: path, limit: bytesMax)
        do throws(Failure) {
            let json = try JSON(parsing: bytes.span, bytesMax: bytesMax)
            guard json.object?["v"]?.int == 1 else {
                throw Failure(.unsupported, "it was written by a newer version; update proofreel")
            }
            var cameras: [CameraConfig] = []
            for entry in json.object?["cameras"]?.array ?? [] {
                cameras.append(try CameraConfig(entry))
            }
            return cameras
        } catch {
            throw Failure(error.kind, "\(path): \(error.words)")
        }
    }

    private func write(_ cameras: [CameraConfig]) throws(Failure) {
        try files.createDirectory(folder)
        let json = JSON.object(
            JSONObject([("v", .int(1)), ("cameras", .array(cameras.map(\.json)))]))
        try files.replace("\(folder)/cameras.json", json.encode())
    }
}
