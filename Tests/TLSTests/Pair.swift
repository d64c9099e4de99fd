import Base
import Foundation
import TestSupport

@testable import TLS

/// Two ends of one connection in one process, each with its session.
final class Pair {
    let server: TLSSession
    let client: TLSSession
    private(set) var descriptors: [Int32] = [-1, -1]

    init(_ serverContext: TLSContext, _ clientContext: TLSContext, name: String? = nil) throws {
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0 else {
            throw CocoaError(.featureUnsupported)
        }
        for descriptor in descriptors {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        signal(SIGPIPE, SIG_IGN)
        server = try TLSSession(serverContext, descriptor: descriptors[0])
        client = try TLSSession(clientContext, descriptor: descriptors[1], serverName: name)
    }

    deinit { for descriptor in descriptors where descriptor >= 0 { close(descriptor) } }

    /// The wire is cut on this side.
    func hangUp(server isServer: Bool) {
        close(descriptors[isServer ? 0 : 1])
        descriptors[isServer ? 0 : 1] = -1
    }

    /// Both sides in turns until both are done; the first failure is thrown.
    func handshake() throws {
        var done = (server: false, client: false)
        for _ in 0..<100 {
            if !done.client, case .done = try client.handshake() { done.client = true }
            if !done.server, case .done = try server.handshake() { done.server = true }
            if done.server, done.client { return }
        }
        throw CocoaError(.featureUnsupported)
    }

    /// What the server says to a handshake that the client has refused, or the other way round.
    func failures() -> (server: Failure?, client: Failure?) {
        var failures: (server: Failure?, client: Failure?) = (nil, nil)
        for _ in 0..<100 {
            if failures.client == nil {
                do { _ = try client.handshake() } catch { failures.client = error }
            }
            if failures.server == nil {
                do { _ = try server.handshake() } catch { failures.server = error }
            }
        }
        return failures
    }
}

/// A certificate in files of a folder that is gone afterwards.
struct Papers {
    let scratch = Scratch()
    let made: SelfSigned
    var certificate: String { scratch.path + "/certificate.pem" }
    var key: String { scratch.path + "/key.pem" }

    init(_ names: [String] = ["reel.test", "127.0.0.1", "::1"]) throws {
        made = try SelfSigned.make(names: names, years: 10)
        scratch.write("certificate.pem", made.certificate)
        scratch.write("key.pem", made.key)
    }

    func server() throws -> TLSContext {
        try TLSContext(serverCertificate: certificate, key: key)
    }
}

extension TLSSession {
    func send(_ text: String) throws -> TLSProgress {
        let bytes = Array(text.utf8)
        return try write(bytes.span)
    }

    /// What is there, or how it ended.
    func receive(max: Int = 1000) throws -> (progress: TLSProgress, text: String) {
        var buffer = [UInt8](repeating: 0, count: max)
        var span = buffer.mutableSpan
        let progress = try read(into: &span)
        guard case .done(let count) = progress else { return (progress, "") }
        return (progress, String(decoding: buffer.prefix(count), as: UTF8.self))
    }
}
