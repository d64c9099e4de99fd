package import Base
internal import Linux

/// How a client knows its server before it says anything to it.
package enum Trust: Sendable {
    /// The server has this key and no other.
    case pinned(Digest)
    /// The server's certificate leads to one in this file, and bears the name that was dialled.
    case authority(file: String)
    /// The key that was seen the first time, from then on. `tell` hears of a first time.
    case firstUse(KnownServers, tell: @Sendable (ServerAddress, Digest) -> Void)
    /// Without TLS: a socket of this machine, or its loopback addresses.
    case plain
}

/// Keys of servers that were met, one a line: the address, a space, the fingerprint. Mode 0600.
package struct KnownServers: Sendable {
    package static let bytesMax = 1 << 20

    package let path: String
    private let files = RealFileSystem()

    package init(path: String) { self.path = path }

    package func key(of address: ServerAddress) throws(Failure) -> Digest? {
        for line in try lines() {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == address.description else { continue }
            guard let key = Digest(fingerprint: String(words[1])) else {
                throw Failure(
                    .corrupt,
                    "\(path) has no fingerprint for \(address); remove that line if you know the"
                        + " server")
            }
            return key
        }
        return nil
    }

    /// One after the other, also from two processes: each reads what the other has written.
    /// Returns the key that the address has from now on: the first one that was added.
    @discardableResult
    package func add(_ address: ServerAddress, _ key: Digest) throws(Failure) -> Digest {
        try files.createDirectory(parentDirectory(of: path))
        let lock = try ProcessLock(awaiting: "\(path).lock")
        defer { lock.release() }
        if let known = try self.key(of: address) { return known }
        let text = (try lines() + ["\(address) \(key.fingerprint)"]).joined(separator: "\n") + "\n"
        guard text.utf8.count <= Self.bytesMax else {
            throw Failure(.full, "\(path) is full; remove lines that are not needed any more")
        }
        try files.replace(path, Array(text.utf8))
        return key
    }

    private func lines() throws(Failure) -> [String] {
        guard files.exists(path) else { return [] }
        let bytes = try files.contents(of: path, limit: Self.bytesMax)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
