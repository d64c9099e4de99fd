internal import Base
internal import Crypto
internal import Linux
internal import Server
internal import TLS
internal import Web

/// Where clients of the binary protocol come in: the local socket always, the network only when
/// told so, and without TLS only from this machine.
struct Doors {
    private let arguments: Arguments
    private let directory: DataDirectory

    init(_ arguments: Arguments, _ directory: DataDirectory) {
        self.arguments = arguments
        self.directory = directory
    }

    static let options: [OptionSpec] = [
        .list("listen", "ADDRESS:PORT", "let clients of the network in, with TLS 1.3"),
        .list("listen-plain", "ADDRESS:PORT", "the same without TLS; loopback addresses only"),
        .list("https", "ADDRESS:PORT", "let browsers and other HTTP clients in, with TLS 1.3"),
        .list("http", "ADDRESS:PORT", "the same without TLS; loopback addresses only"),
        .value("certificate", "FILE", "PEM certificate for TLS; else one is made at first start"),
        .value("certificate-key", "FILE", "the key of --certificate"),
    ]

    struct Opened {
        var entrances: [Entrance]
        var gateway: [Gateway.Entrance] = []
        /// What the start says of each.
        var lines: [String] = []
    }

    func open() throws -> Opened {
        var opened = Opened(
            entrances: [Entrance(try Listener(path: directory.wireSocket), .owner)])
        let secure = try arguments.all("listen").map(Self.address)
        let plain = try arguments.all("listen-plain").map(Self.address)
        for (address, port) in plain {
            guard address.isLoopback else {
                throw UsageError(
                    "--listen-plain is for this machine alone, such as 127.0.0.1:\(port); use"
                        + " --listen \(address):\(port), which has TLS")
            }
            let listener = try Listener(address, port: port)
            opened.entrances.append(Entrance(listener, .loopback))
            opened.lines.append("listens at \(Self.text(address, listener.port)), without TLS")
        }
        try openGateway(&opened)
        guard !secure.isEmpty else { return opened }
        let context = try context()
        for (address, port) in secure {
            let listener = try Listener(address, port: port)
            opened.entrances.append(Entrance(listener, .secure(context)))
            opened.lines.append("listens at \(Self.text(address, listener.port)), with TLS")
        }
        if let hash = context.ownKeyHash {
            opened.lines.append("clients should see the fingerprint \(hash.fingerprint)")
        }
        return opened
    }

    private func openGateway(_ opened: inout Opened) throws {
        for (address, port) in try arguments.all("http").map(Self.address) {
            guard address.isLoopback else {
                throw UsageError(
                    "--http is for this machine alone, such as 127.0.0.1:\(port); use --https"
                        + " \(Self.text(address, port)), which has TLS")
            }
            let listener = try Listener(address, port: port)
            opened.gateway.append(Gateway.Entrance(listener))
            opened.lines.append("HTTP at http://\(Self.text(address, listener.port))")
        }
        for (address, port) in try arguments.all("https").map(Self.address) {
            let listener = try Listener(address, port: port)
            opened.gateway.append(Gateway.Entrance(listener, try certificatePEM()))
            opened.lines.append("HTTP at https://\(Self.text(address, listener.port))")
        }
    }

    static func text(_ address: IPAddress, _ port: UInt16) -> String {
        address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    static func address(_ text: String) throws -> (IPAddress, UInt16) {
        guard let cut = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: cut)...])
        else {
            throw UsageError("\(text) is no address with a port, such as 127.0.0.1:7447")
        }
        var host = String(text[..<cut])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let address = IPAddress(host) else {
            throw UsageError(
                "\(host) is no address of this machine in numbers, such as 127.0.0.1, 0.0.0.0 or"
                    + " [::]")
        }
        return (address, port)
    }

    /// Certificate and key as their files have them now; nil when nobody comes in over TLS.
    func renewed() throws -> TLSContext? {
        arguments.all("listen").isEmpty && arguments.all("https").isEmpty ? nil : try context()
    }

    /// The same for the HTTP gateway; nil when it has no TLS.
    func renewedPEM() throws -> (certificate: [UInt8], key: [UInt8])? {
        arguments.all("https").isEmpty ? nil : try certificatePEM()
    }

    private static let pemBytesMax = 64 << 10

    private func certificatePEM() throws -> (certificate: [UInt8], key: [UInt8]) {
        let (certificate, key) = try certificateFiles()
        let files = RealFileSystem()
        return (
            try files.contents(of: certificate, limit: Self.pemBytesMax),
            try files.contents(of: key, limit: Self.pemBytesMax)
        )
    }

    private func context() throws -> TLSContext {
        let (certificate, key) = try certificateFiles()
        return try TLSContext(serverCertificate: certificate, key: key)
    }

    /// Made once, so that clients find the same key again after every start.
    private func certificateFiles() throws -> (certificate: String, key: String) {
        if let certificate = arguments.value("certificate") {
            guard let key = arguments.value("certificate-key") else {
                throw UsageError("--certificate wants its key: --certificate-key FILE")
            }
            return (certificate, key)
        }
        let files = RealFileSystem()
        let folder = "\(directory.path)/access"
        let (certificate, key) = ("\(folder)/server.pem", "\(folder)/server.key")
        if !files.exists(certificate) {
            let made = try SelfSigned.make(
                names: [Environment.hostName, "localhost", "127.0.0.1", "::1"], years: 10)
            try files.createDirectory(folder)
            // The certificate last: a start that was cut off in between begins again.
            try files.replace(key, made.key)
            try files.replace(certificate, made.certificate)
        }
        return (certificate, key)
    }
}
