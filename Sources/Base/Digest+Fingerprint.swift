/// The hash of a public key as people read it out and compare it.
extension Digest {
    private static let fingerprintPrefix = "SHA256:"

    /// `SHA256:` and base64 without padding, as OpenSSH writes them.
    public var fingerprint: String {
        Self.fingerprintPrefix + bytes.base64.dropLast()
    }

    /// Reads exactly what `fingerprint` writes.
    public init?(fingerprint text: some StringProtocol) {
        guard text.hasPrefix(Self.fingerprintPrefix),
            let bytes = [UInt8](base64: text.dropFirst(Self.fingerprintPrefix.count) + "=")
        else { return nil }
        self.init(bytes)
    }
}
