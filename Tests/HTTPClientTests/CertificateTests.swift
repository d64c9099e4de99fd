import Base
import Foundation
import HTTPClient
import TestSupport
import Testing

private final class Quiet: HTTPReceiver {
    var wakeDescriptor: Int32? { nil }
    func answered(_ head: HTTPHead) throws(Failure) {}
    func received(_ bytes: Span<UInt8>) throws(Failure) {}
    func checkpoint() throws(Failure) {}
}

/// Against a server of OpenSSL's with a certificate that it signed itself.
@Suite struct CertificateTests {
    private static func openssl(_ arguments: String, in folder: String, input: Data = Data())
        throws -> Data
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let (given, printed) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = printed
        process.standardError = FileHandle.nullDevice
        try process.run()
        given.fileHandleForWriting.write(input)
        try given.fileHandleForWriting.close()
        let output = printed.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return output
    }

    private static func reason(_ url: String, _ trust: CertificateTrust) throws
        -> HTTPFailure.Reason?
    {
        let client = try HTTPClient(HTTPTarget(url: url, trust: trust))
        do throws(HTTPFailure) {
            try client.get(Quiet())
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `a self-signed certificate is refused, unless its key is pinned`() throws {
        let scratch = Scratch()
        scratch.write("empty", [])
        _ = try Self.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=cam",
            in: scratch.path)
        let key = try Self.openssl("pkey -in key.pem -pubout -outform der", in: scratch.path)
        let digest = try Self.openssl("dgst -sha256 -binary", in: scratch.path, input: key)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments =
            "openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www"
            .split(separator: " ").map(String.init)
        server.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        let printed = Pipe()
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = printed
        server.standardError = FileHandle.nullDevice
        try server.run()
        // What Foundation starts may have SIGTERM blocked.
        defer { kill(server.processIdentifier, SIGKILL) }
        var words = ""
        while !words.contains("ACCEPT 127.0.0.1:") || !words.hasSuffix("\n") {
            let more = printed.fileHandleForReading.availableData
            try #require(!more.isEmpty, "openssl s_server ended")
            words += String(decoding: more, as: UTF8.self)
        }
        let port = words.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
        let url = "https://127.0.0.1:\(port)/"
        #expect(try Self.reason(url, .authorities) == .certificate)
        #expect(try Self.reason(url, .pinned(sha256: Array(digest).base64)) == nil)
        let other = [UInt8](repeating: 7, count: 32).base64
        #expect(try Self.reason(url, .pinned(sha256: other)) == .certificate)
        #expect(try Self.reason(url, .anybody) == nil)
    }

    @Test func `a server without TLS is told from one with a bad certificate`() throws {
        let server = try LoopbackServer { _ in [.text("HTTP/1.0 400 No\r\n\r\n")] }
        defer { server.end() }
        #expect(
            try Self.reason("https://127.0.0.1:\(server.port)/", .authorities) == .tls)
    }
}
