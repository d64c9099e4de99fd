package import Base

/// Where to ask, as whom, and whom to believe. Its text never shows the password.
package struct HTTPTarget: Hashable, Sendable, CustomStringConvertible {
    /// `http://` or `https://`, without credentials.
    package let url: String
    package let user: String?
    package let password: String
    package let trust: CertificateTrust
    /// The one that the environment names (`https_proxy` …): for services outside the plant.
    package var usesProxy = false

    package init(
        url: String, user: String? = nil, password: String = "",
        trust: CertificateTrust = .authorities
    ) {
        self.url = url
        self.user = user
        self.password = password
        self.trust = trust
    }

    package var description: String { url }
}

/// Which certificate of an HTTPS camera is good.
package enum CertificateTrust: Hashable, Sendable {
    /// Signed by an authority this machine trusts, for this very name.
    case authorities
    /// Whoever holds this key, with any certificate: the base64 SHA-256 of its public key
    /// (SubjectPublicKeyInfo). For cameras that signed their own.
    case pinned(sha256: String)
    /// Anybody; encrypted, and nothing more.
    case anybody
}

/// How long and how much. Every number has a default that suits a camera.
package struct HTTPLimits: Sendable {
    /// For name, connection and TLS.
    package var connectMilliseconds = 5000
    /// From the request to the end of the header.
    package var answerMilliseconds = 10_000
    /// The whole exchange; nil for a stream without end.
    package var totalMilliseconds: Int? = 30_000
    /// With no byte for so long, the transfer has stalled.
    package var silenceMilliseconds = 10_000
    /// Nil for a stream without end.
    package var bodyBytesMax: Int? = 32 << 20
    package var headerBytesMax = 16 << 10
    package var redirectsMax = 4

    package init() {}
}

/// The header of the answer that counts: not that of a redirect or of a question for a password.
package struct HTTPHead: Hashable, Sendable {
    package internal(set) var status = 0
    /// As the camera wrote it, with parameters.
    package internal(set) var contentType: String?
    package internal(set) var contentLength: Int?
    /// The camera's clock when it answered, in whole seconds.
    package internal(set) var date: WallTime?
    /// What the camera's web server calls itself.
    package internal(set) var server: String?

    init() {}

    /// Lower case, without parameters; empty when there is none.
    package var mediaType: String {
        (contentType ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
    }

    /// A parameter of the content type, as in `boundary=frame`; without its quotes.
    package func parameter(_ name: String) -> String? {
        for part in (contentType ?? "").split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].drop(while: { $0 == " " }).lowercased() == name else {
                continue
            }
            let value = pair[1].drop { $0 == " " || $0 == "\"" }
            return String(value.prefix { $0 != "\"" && $0 != " " })
        }
        return nil
    }
}
