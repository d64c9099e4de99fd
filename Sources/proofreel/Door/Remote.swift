internal import Base
internal import Client
internal import Linux

/// `--server` and what goes with it: which server, how it is known, and who asks.
struct Remote {
    private static let secretBytesMax = 4096

    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    static let options: [OptionSpec] = [
        .value(
            "server", "HOST:PORT",
            "ask this server; else PROOFREEL_SERVER, else the data"
                + " directory's own"),
        .value("token", "TEXT", "log in with a token; else PROOFREEL_TOKEN"),
        .value("token-file", "FILE", "the same, from a file"),
        .value("login", "NAME", "log in as a person; asks for the password"),
        .value("login-password-file", "FILE", "that person's password"),
        .value("certificate", "FILE", "log in as a machine, with this certificate"),
        .value("certificate-key", "FILE", "and its key"),
        .value("fingerprint", "SHA256:…", "the server must have this key"),
        .value("ca", "FILE", "or a certificate that leads to one of these"),
        .value("timeout", "DURATION", "wait so long for the server each time; else 30s"),
        .value("wait", "DURATION", "wait so long for a server that is not there yet"),
    ]

    static func isMeant(_ arguments: Arguments) -> Bool { address(arguments) != nil }

    private static func address(_ arguments: Arguments) -> String? {
        // Whoever names a directory means that one, whatever the environment says.
        arguments.value("server")
            ?? (arguments.value("data") == nil ? Environment.value("PROOFREEL_SERVER") : nil)
    }

    static func timeoutMilliseconds(_ arguments: Arguments) throws -> Int {
        Int(clamping: (try arguments.duration("timeout") ?? 30_000_000) / 1000)
    }

    func client() throws -> Client {
        guard let text = Self.address(arguments) else {
            throw UsageError("--server is missing")
        }
        guard arguments.value("actor") == nil else {
            throw UsageError(
                "--actor is for the owner of a data directory; at a server you are who logs in")
        }
        let address = try ServerAddress(text)
        var options = Client.Options(address, try logIn(), try trust(address))
        options.timeoutMilliseconds = try Self.timeoutMilliseconds(arguments)
        if let wait = try arguments.duration("wait") {
            options.waitMilliseconds = Int(clamping: wait / 1000)
        }
        return try Client(options)
    }

    // MARK: Who asks

    private func logIn() throws -> LogIn {
        var ways: [LogIn] = []
        if let token = arguments.value("token") { ways.append(.token(token)) }
        if let path = arguments.value("token-file") { ways.append(.token(try line(path))) }
        if let user = arguments.value("login") {
            ways.append(.password(user: user, try password(of: user)))
        }
        if let certificate = arguments.value("certificate") {
            ways.append(
                .certificate(
                    file: certificate, key: try arguments.required("certificate-key")))
        }
        if ways.isEmpty, let token = Environment.value("PROOFREEL_TOKEN") {
            ways.append(.token(token))
        }
        guard let way = ways.first, ways.count == 1 else {
            throw UsageError(
                ways.isEmpty
                    ? "say who asks: --token-file FILE, --login NAME or --certificate FILE, or set"
                        + " PROOFREEL_TOKEN"
                    : "log in in one way: --token, --token-file, --login or --certificate")
        }
        return way
    }

    private func password(of user: String) throws -> String {
        if let path = arguments.value("login-password-file") { return try line(path) }
        guard StandardStream.input.isTerminal else {
            throw UsageError("there is no terminal to ask at; give --login-password-file FILE")
        }
        return try StandardStream.readUnseen("password of \(user): ")
    }

    private func line(_ path: String) throws -> String {
        let bytes = try RealFileSystem().contents(of: path, limit: Self.secretBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalid, "\(path) is no text")
        }
        return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
    }

    // MARK: Who answers

    private func trust(_ address: ServerAddress) throws -> Trust {
        if case .path = address { return .plain }
        if let text = arguments.value("fingerprint") ?? Environment.value("PROOFREEL_FINGERPRINT") {
            guard let key = Digest(fingerprint: text) else {
                throw UsageError(
                    "\"\(text)\" is no fingerprint; one is SHA256: and 43 letters")
            }
            return .pinned(key)
        }
        if let file = arguments.value("ca") { return .authority(file: file) }
        let (console, known) = (work.console, KnownServers(path: try Self.knownServers()))
        // Whoever presses a key for a completion has not said that a server is the right one.
        if Environment.value("PROOFREEL_COMPLETING") != nil {
            guard let key = try known.key(of: address) else {
                throw Failure(.denied, "\(address) is not known yet; ask it something first")
            }
            return .pinned(key)
        }
        return .firstUse(known) { address, key in
            console.note(
                "\(address) is new here and has the key \(key.fingerprint); it is trusted from now"
                    + " on. Compare it with what the server prints when it starts")
        }
    }

    private static func knownServers() throws -> String {
        if let base = Environment.value("XDG_CONFIG_HOME") {
            return "\(base)/proofreel/known-servers"
        }
        guard let home = Environment.value("HOME") else {
            throw UsageError(
                "there is no home directory to remember servers in; give --fingerprint")
        }
        return "\(home)/.config/proofreel/known-servers"
    }
}
