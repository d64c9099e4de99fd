package import Base

/// Where a camera is, as people write it: `rtsp://user:p@ss#1@10.0.0.7/live`, `usb:…`, `test:…`.
/// Credentials are taken out of the text and kept apart; `description` has none of them.
package struct CameraURL: Hashable, Sendable {
    package enum Scheme: String, Sendable, CaseIterable {
        case rtsp, rtsps, http, https, usb, test

        package var isNetwork: Bool { self != .usb && self != .test }

        package var defaultPort: Int? {
            switch self {
            case .rtsp: 554
            case .rtsps: 322
            case .http: 80
            case .https: 443
            case .usb, .test: nil
            }
        }
    }

    package static let bytesMax = 2048

    package let scheme: Scheme
    package let user: String?
    package let password: String?
    /// Without brackets. Empty for `usb:` and `test:`.
    package let host: String
    package let port: Int?
    /// What follows host and port, or the scheme's colon; as typed.
    package let rest: String

    package init(
        scheme: Scheme, user: String? = nil, password: String? = nil, host: String = "",
        port: Int? = nil, rest: String = ""
    ) {
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.rest = rest
    }

    /// Never quotes what it refuses: there may be a password in it.
    package init(_ text: String) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, first == 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x0A { bytes.removeLast() }
        guard bytes.count <= Self.bytesMax else {
            throw Failure(.invalid, "a camera URL has at most \(Self.bytesMax) bytes; shorten it")
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Failure(
                .invalid, "a camera URL is one line without control characters; type it again")
        }
        guard let colon = bytes.firstIndex(of: 0x3A),
            let scheme = Scheme(rawValue: Self.text(bytes[..<colon]).lowercased())
        else {
            let known = Scheme.allCases.map { $0.rawValue + ":" }.joined(separator: ", ")
            throw Failure(.invalid, "a camera URL begins with one of \(known); put one in front")
        }
        let rest = bytes[(colon + 1)...]
        guard scheme.isNetwork else {
            self.init(scheme: scheme, rest: Self.text(rest))
            return
        }
        guard rest.starts(with: [0x2F, 0x2F]) else {
            throw Failure(
                .invalid,
                "after \(scheme): come two slashes and the camera's address;"
                    + " write \(scheme)://ADDRESS/PATH")
        }
        guard let parts = URLParts(rest.dropFirst(2)) else {
            throw Failure(
                .invalid,
                "the URL names no camera address that makes sense;"
                    + " write \(scheme)://USER:PASSWORD@ADDRESS:PORT/PATH")
        }
        self.init(
            scheme: scheme, user: parts.user, password: parts.password, host: parts.host,
            port: parts.port, rest: Self.text(parts.rest))
    }

    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// The same camera, with other credentials or with none.
    package func with(user: String?, password: String?) -> CameraURL {
        CameraURL(
            scheme: scheme, user: user, password: password, host: host, port: port, rest: rest)
    }

    private var place: String {
        guard scheme.isNetwork else { return "" }
        let host = host.contains(":") ? "[\(host)]" : host
        return host + (port.map { ":\($0)" } ?? "")
    }

    private var opening: String { scheme.isNetwork ? "\(scheme)://" : "\(scheme):" }

    /// Without user and password; what HTTP and RTSP take beside credentials of their own.
    package var address: String { opening + place + Percent.encoded(rest, keeping: Percent.path) }

    /// With credentials, percent-encoded. Reads back as the same URL.
    package var complete: String { opening + credentials() + place + rest }

    /// The same as libav's protocols want it.
    package var forLibav: String {
        // It logs in only if there is a password, be it an empty one.
        opening + credentials(missing: ":") + place
            + Percent.encoded(rest, keeping: Percent.path)
    }

    /// `user:password@`, percent-encoded.
    private func credentials(missing: String = "") -> String {
        guard let user else { return "" }
        let safe = Percent.unreserved
        let secret = password.map { ":" + Percent.encoded($0, keeping: safe) } ?? missing
        return Percent.encoded(user, keeping: safe) + secret + "@"
    }
}

extension CameraURL: CustomStringConvertible {
    /// For logs and messages: without credentials, also those that stand in the query.
    package var description: String { opening + place + Self.redacted(rest) }

    private static let secretNames: Set<String> = [
        "user", "usr", "username", "userid", "login", "loginuse", "account", "name", "u",
        "password", "passwd", "pass", "pwd", "psw", "loginpas", "p", "key", "apikey", "token",
        "auth", "secret", "sid", "session",
    ]

    private static func redacted(_ rest: String) -> String {
        guard let question = rest.firstIndex(of: "?") else { return rest }
        let query = rest[rest.index(after: question)...]
        let parts = query.split(separator: "&", omittingEmptySubsequences: false).map { part in
            guard let equals = part.firstIndex(of: "="),
                secretNames.contains(part[..<equals].lowercased())
            else { return String(part) }
            return part[...equals] + "…"
        }
        return rest[...question] + parts.joined(separator: "&")
    }
}
