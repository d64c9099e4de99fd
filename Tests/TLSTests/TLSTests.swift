import Base
import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite struct TLSTests {
    @Test func `two ends shake hands and talk`() throws {
        let papers = try Papers()
        let pair = try Pair(
            papers.server(), TLSContext(trusting: .pinned(papers.made.keyHash)))
        try pair.handshake()
        #expect(try pair.client.send("hello") == .done(5))
        #expect(try pair.server.receive().text == "hello")
        #expect(try pair.server.receive().progress == .wantsRead)
        #expect(try pair.server.send("welcome") == .done(7))
        #expect(try pair.client.receive(max: 3).text == "wel")
        #expect(pair.client.pendingByteCount == 4)
        #expect(try pair.client.receive().text == "come")
        #expect(pair.client.peerKeyHash == papers.made.keyHash)
        #expect(pair.server.peerKeyHash == nil)
        // This kernel or this socket has no kTLS: whoever sends files asks first.
        #expect(!pair.server.sendsInKernel)
    }

    @Test func `a server with another key than the pinned one is refused by the client`() throws {
        let papers = try Papers()
        let other = try Papers()
        let pair = try Pair(other.server(), TLSContext(trusting: .pinned(papers.made.keyHash)))
        let failures = pair.failures()
        let words = try #require(failures.client)
        #expect(words.kind == .denied && words.words.contains(papers.made.keyHash.fingerprint))
        #expect(failures.server != nil)
        #expect(pair.client.peerKeyHash == nil)
        #expect(throws: Failure.self) { try pair.client.send("secret") }
    }

    @Test func `who learns a key takes any and reports which`() throws {
        let papers = try Papers()
        let server = try papers.server()
        let pair = try Pair(server, TLSContext(trusting: .learn))
        try pair.handshake()
        #expect(pair.client.peerKeyHash == papers.made.keyHash)
        #expect(server.ownKeyHash == papers.made.keyHash)
    }

    @Test func `an authority vouches for the name that was dialled and for no other`() throws {
        let papers = try Papers()
        let trusting = try TLSContext(trusting: .authority(file: papers.certificate))
        for name in ["reel.test", "127.0.0.1"] {
            try Pair(papers.server(), trusting, name: name).handshake()
        }
        for name in ["other.test", "127.0.0.2"] {
            let failures = try Pair(papers.server(), trusting, name: name).failures()
            #expect(failures.client?.kind == .denied, "\(name)")
        }
        let stranger = try Papers(["reel.test"])
        let failures = try Pair(stranger.server(), trusting, name: "reel.test").failures()
        #expect(failures.client?.words.contains("certificate is refused") == true)
        #expect(throws: Failure.self) { try Pair(papers.server(), trusting) }
    }

    @Test func `a client's certificate tells the server its key, whoever signed it`() throws {
        let papers = try Papers()
        let machine = try Papers(["erp.test"])
        let client = try TLSContext(
            trusting: .pinned(papers.made.keyHash),
            certificate: (machine.certificate, machine.key))
        let pair = try Pair(papers.server(), client)
        try pair.handshake()
        #expect(pair.server.peerKeyHash == machine.made.keyHash)
        #expect(client.ownKeyHash == machine.made.keyHash)
    }

    @Test func `older versions of TLS are refused, by both sides`() throws {
        let papers = try Papers()
        let old = try TLSContext(
            isServer: false, .learn, nil, versions: (TLSVersion.tls12, TLSVersion.tls12))
        #expect(try Pair(papers.server(), old).failures().server != nil)
        let oldServer = try TLSContext(
            isServer: true, .learn, (papers.certificate, papers.key),
            versions: (TLSVersion.tls12, TLSVersion.tls12))
        #expect(
            try Pair(oldServer, TLSContext(trusting: .learn)).failures().client != nil)
    }

    @Test func `both ends export the same bytes, and other sessions others`() throws {
        let papers = try Papers()
        let server = try papers.server()
        let client = try TLSContext(trusting: .learn)
        let pair = try Pair(server, client)
        #expect(throws: Failure.self) { try pair.client.channelBinding() }
        try pair.handshake()
        let bytes = try pair.client.channelBinding()
        #expect(bytes.count == 32 && bytes.contains { $0 != 0 })
        #expect(try pair.server.channelBinding() == bytes)
        let second = try Pair(server, client)
        try second.handshake()
        #expect(try second.client.channelBinding() != bytes)
    }

    @Test func `a goodbye is an end, a cut is a failure`() throws {
        let papers = try Papers()
        let context = try papers.server()
        let client = try TLSContext(trusting: .learn)
        let polite = try Pair(context, client)
        try polite.handshake()
        _ = try polite.server.send("last words")
        #expect(try polite.server.shutdown() == .done(0))
        #expect(try polite.client.receive().text == "last words")
        #expect(try polite.client.receive().progress == .ended)
        let cut = try Pair(context, client)
        try cut.handshake()
        _ = try cut.server.send("first half")
        cut.hangUp(server: true)
        #expect(try cut.client.receive().text == "first half")
        let failure = #expect(throws: Failure.self) { try cut.client.receive() }
        #expect(failure?.kind == .io && failure?.words.contains("cut off") == true)
        #expect(throws: Failure.self) { try cut.client.receive() }
    }

    @Test func `a changed byte on the wire ends the session`() throws {
        let papers = try Papers()
        let pair = try Pair(papers.server(), TLSContext(trusting: .learn))
        try pair.handshake()
        // A record of application data with nothing of the session's key in it.
        let forged: [UInt8] = [0x17, 3, 3, 0, 32] + Array(repeating: 5, count: 32)
        #expect(write(pair.descriptors[0], forged, forged.count) == forged.count)
        #expect(throws: Failure.self) { try pair.client.receive() }
    }

    @Test func `a writer is told when the other side reads too slowly`() throws {
        let papers = try Papers()
        let pair = try Pair(papers.server(), TLSContext(trusting: .learn))
        try pair.handshake()
        let block = [UInt8](repeating: 1, count: 1 << 16)
        var sent = 0
        var progress = TLSProgress.done(0)
        while case .done(let count) = progress {
            sent += count
            progress = try pair.server.write(block.span)
        }
        #expect(progress == .wantsWrite && sent > 0)
        var received = 0
        while case .done(let count) = try pair.client.receive(max: 1 << 16).progress {
            received += count
        }
        // A record may have been begun that the reader cannot open yet.
        #expect(received <= sent && received > 0)
        #expect(try pair.server.write(block.span) != .wantsWrite)
    }

    @Test func `a peer that does not speak our protocol is refused`() throws {
        guard FileManager.default.fileExists(atPath: "/usr/bin/openssl") else { return }
        let papers = try Papers()
        for words in [["-tls1_3"], ["-tls1_3", "-alpn", "http/1.1"], ["-tls1_2"]] {
            let failure = try Self.dial(papers, words)
            #expect(failure != nil, "\(words)")
        }
        #expect(try Self.dial(papers, ["-tls1_3", "-alpn", "proofreel/1"]) == nil)
    }

    /// OpenSSL's own client against our server: the failure of the handshake, or nil.
    private static func dial(_ papers: Papers, _ words: [String]) throws -> Failure? {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard bound else { throw CocoaError(.featureUnsupported) }
        let port = UInt16(bigEndian: address.sin_port)
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        client.arguments = ["s_client", "-connect", "127.0.0.1:\(port)"] + words
        client.standardInput = FileHandle.nullDevice
        client.standardOutput = FileHandle.nullDevice
        client.standardError = FileHandle.nullDevice
        try client.run()
        defer {
            client.terminate()
            client.waitUntilExit()
        }
        let descriptor = accept(listener, nil, nil)
        defer { close(descriptor) }
        let session = try TLSSession(papers.server(), descriptor: descriptor)
        do {
            // The socket blocks, so one call is enough.
            #expect(try session.handshake() == .done(0))
            return nil
        } catch {
            return error
        }
    }
}
