import Access
import Base
import Client
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// A client against the real server, over each of its entrances.
@Suite(.serialized) struct ClientTests {
    private func secure(
        _ bench: ServerBench, _ logIn: LogIn, _ trust: Trust? = nil
    ) throws -> Client {
        try Client(
            Client.Options(
                .host("127.0.0.1", port: bench.securePort), logIn, trust ?? .pinned(bench.keyHash)))
    }

    private func put(
        _ client: Client, _ picture: [UInt8], request: String? = nil, check: String? = nil
    ) throws -> String {
        var fields = FieldWriter()
        fields.add(.link, "check=\(check ?? ServerBench.check)")
        fields.add(.name, "weld.jpg")
        fields.add(.instant, 1_790_000_000_000_000)
        if let request { fields.add(.requestID, request) }
        let answer = try client.ask(.put, fields, upload: picture, isSafe: request != nil)
        let text = try #require(try Fields(answer.reply.span).text(.document))
        let json = try JSON(parsing: Array(text.utf8).span, bytesMax: 1 << 20)
        return try #require(json.object?["id"]?.string)
    }

    private func get(_ id: String) -> FieldWriter {
        var fields = FieldWriter()
        fields.add(.id, id)
        return fields
    }

    @Test func `every log-in leads in, and pictures larger than a window go and come back`() throws
    {
        let bench = try ServerBench()
        let password = "four words in a row"
        _ = try bench.book.addPerson("anna", Grant(roles: [.auditor]), by: TestLog.author)
        try bench.book.setPassword(of: "anna", to: password, by: Author(actor: "anna"))
        let owner = try Client(
            Client.Options(.path(bench.socketPath), .owner("ann"), .plain))
        let picture = TestLog.picture(1, bytes: 3_000_000)
        let id = try put(owner, picture)
        #expect(try owner.whoAmI().identity == "ann")
        for (logIn, trust) in [
            (LogIn.token(try bench.token([.auditor])), nil),
            (.password(user: "anna", password), nil),
        ] as [(LogIn, Trust?)] {
            let client = try secure(bench, logIn, trust)
            let isSame = try client.ask(.get, get(id), isSafe: true).body == picture
            #expect(isSame)
            client.close()
        }
        let plain = try Client(
            Client.Options(
                .host("127.0.0.1", port: bench.plainPort), .password(user: "anna", password),
                .plain))
        #expect(try plain.whoAmI().identity == "anna")
        let wrong = try secure(bench, .password(user: "anna", "not the words"))
        #expect(throws: WireError.self) { _ = try wrong.whoAmI() }
        for client in [owner, plain, wrong] { client.close() }
        try bench.close()
    }

    @Test func `a machine is known by its certificate's key`() throws {
        let bench = try ServerBench()
        let pair = try SelfSignedFiles(bench.scratch, "gate")
        try bench.book.addMachine(
            "gate-1", key: pair.keyHash, Grant(roles: [.auditor]), by: TestLog.author)
        let client = try secure(bench, .certificate(file: pair.certificate, key: pair.key))
        #expect(try client.whoAmI().identity == "machine:gate-1")
        client.close()
        // However often somebody with another key fails, he locks his own name.
        let stranger = try SelfSignedFiles(bench.scratch, "stranger")
        for _ in 0..<7 {
            let other = try secure(
                bench, .certificate(file: stranger.certificate, key: stranger.key))
            #expect(throws: WireError.self) { try other.whoAmI() }
            other.close()
        }
        let again = try secure(bench, .certificate(file: pair.certificate, key: pair.key))
        #expect(try again.whoAmI().identity == "machine:gate-1")
        again.close()
        try bench.close()
    }

    @Test func `a server is known by its key, from the first time on`() throws {
        let bench = try ServerBench()
        let known = KnownServers(path: "\(bench.scratch.path)/config/known-servers")
        let told = Monitor<[Digest]>([])
        let trust = Trust.firstUse(known) { _, key in told.withLock { $0.append(key) } }
        let logIn = LogIn.token(try bench.token([.auditor]))
        for _ in 0..<2 {
            let client = try secure(bench, logIn, trust)
            _ = try client.whoAmI()
            client.close()
        }
        #expect(told.withLock { $0 } == [bench.keyHash])
        let address = ServerAddress.host("127.0.0.1", port: bench.securePort)
        #expect(try known.key(of: address) == bench.keyHash)
        #expect(try !FileStatus(known.path).isReadableByOthers)
        // Somebody else answers at the address.
        let other = KnownServers(path: "\(bench.scratch.path)/other")
        let strange = SHA256.hash([1, 2, 3].span)
        try other.add(address, strange)
        for trust in [Trust.firstUse(other) { _, _ in }, .pinned(strange)] {
            let client = try secure(bench, logIn, trust)
            let failure = #expect(throws: Failure.self) { _ = try client.whoAmI() }
            #expect(failure?.kind == .denied)
            #expect(failure?.words.contains(bench.keyHash.fingerprint) == true)
            #expect(failure?.words.contains(strange.fingerprint) == true)
        }
        // Nothing was said to it: no log-in was tried.
        #expect(try bench.lines(.logIn).allSatisfy { $0.entry.refusal == nil })
        try bench.close()
    }

    @Test func `servers that many clients meet at once are all remembered, each by one key`() throws
    {
        let scratch = Scratch()
        let known = KnownServers(path: "\(scratch.path)/config/known-servers")
        let kept = Monitor<[Digest]>([])
        try inParallel(16) { i in
            for server in 0..<8 {
                let address = ServerAddress.host("server-\(i)-\(server)", port: 7447)
                try known.add(address, SHA256.hash([UInt8(i), UInt8(server)].span))
            }
            let key = try known.add(.host("all", port: 1), SHA256.hash([UInt8(i)].span))
            kept.withLock { $0.append(key) }
        }
        for i in 0..<16 {
            for server in 0..<8 {
                let key = try known.key(of: .host("server-\(i)-\(server)", port: 7447))
                #expect(key == SHA256.hash([UInt8(i), UInt8(server)].span))
            }
        }
        #expect(Set(kept.withLock { $0 }).count == 1)
    }

    @Test func `a server is known by its authority and its name, or told nothing`() throws {
        let bench = try ServerBench()
        let logIn = LogIn.token(try bench.token([.auditor]))
        let own = "\(bench.scratch.path)/access/server.pem"
        func client(_ host: String, _ authority: String) throws -> Client {
            try Client(
                Client.Options(
                    .host(host, port: bench.securePort), logIn, .authority(file: authority)))
        }
        let known = try client("localhost", own)
        _ = try known.whoAmI()
        known.close()
        let logIns = try bench.lines(.logIn).count
        let other = try SelfSignedFiles(bench.scratch, "localhost").certificate
        // Another authority for the same name; another name of the same authority.
        for (host, authority) in [("localhost", other), ("127.0.0.1", own)] {
            let client = try client(host, authority)
            let failure = #expect(throws: Failure.self) { _ = try client.whoAmI() }
            #expect(failure?.kind == .denied)
        }
        #expect(throws: Failure.self) { _ = try client("localhost", own + ".gone").whoAmI() }
        #expect(try bench.lines(.logIn).count == logIns)
        try bench.close()
    }

    @Test func `secrets travel without TLS on this machine only`() throws {
        for host in ["10.0.0.7", "reel.example", "::"] {
            let options = Client.Options(.host(host, port: 1), .token("x"), .plain)
            #expect(throws: Failure.self) { _ = try Client(options) }
        }
    }

    @Test func `what is refused has its word, and the connection goes on`() throws {
        let bench = try ServerBench()
        let client = try Client(
            Client.Options(.path(bench.socketPath), .owner("ann"), .plain))
        let missing = #expect(throws: WireError.self) {
            _ = try client.ask(.get, FieldWriter(), isSafe: true)
        }
        #expect(missing?.code == .invalid)
        let unlinked = #expect(throws: WireError.self) {
            _ = try client.ask(
                .put, FieldWriter(), upload: TestLog.picture(1, bytes: 2_000_000), isSafe: false)
        }
        #expect(unlinked?.code == .invalid)
        #expect(try client.ask(.status, isSafe: true).reply.isEmpty == false)
        client.close()
        try bench.close()
    }

    @Test func `a sink takes items and bytes as they come, and may have enough`() throws {
        let bench = try ServerBench()
        let client = try Client(
            Client.Options(.path(bench.socketPath), .owner("ann"), .plain))
        let picture = TestLog.picture(1, bytes: 2_500_000)
        let id = try put(client, picture)
        for i in 0..<5 { _ = try put(client, TestLog.picture(i + 2), check: "x/\(i)") }
        var body: [UInt8] = []
        var sink = Sink()
        sink.body = { piece in body.append(span: piece) }
        let answer = try client.ask(.get, get(id), isSafe: true, sink)
        #expect(answer.body.isEmpty)
        let isSame = body == picture
        #expect(isSame)
        var taken = 0
        var few = Sink()
        few.item = { _ in
            taken += 1
            return taken < 3
        }
        _ = try client.ask(.find, isSafe: true, few)
        #expect(taken == 3)
        #expect(try client.ask(.find, isSafe: true).items.count == 6)
        client.close()
        try bench.close()
    }

    @Test func `a server that is restarted loses no acknowledgement and stores nothing twice`()
        throws
    {
        let bench = try ServerBench()
        let writers = 4
        let each = 40
        let path = bench.socketPath
        let acknowledged = Monitor<[[String]]>([])
        let threads = (0..<writers).map { writer in
            Thread(name: "writer") {
                var ids: [String] = []
                do {
                    var options = Client.Options(
                        .path(path), .owner("w\(writer)"), .plain)
                    options.waitMilliseconds = 20_000
                    let client = try Client(options)
                    for i in 0..<each {
                        let name = "\(writer)-\(i)"
                        ids.append(
                            try put(
                                client, TestLog.picture(i), request: name,
                                check: "odoo:load/quality.check/\(name)"))
                    }
                    client.close()
                } catch {
                    Issue.record("writer \(writer): \(error)")
                }
                acknowledged.withLock { $0.append(ids) }
            }
        }
        for _ in 0..<4 {
            pauseFor(milliseconds: 60)
            try bench.restart()
        }
        for thread in threads { thread.join() }
        let ids = acknowledged.withLock { $0.flatMap(\.self) }
        #expect(ids.count == writers * each)
        #expect(Set(ids).count == ids.count)
        var query = Query()
        query.limit = Query.limitMax
        let page = try bench.log.find(query)
        #expect(Set(page.hits.map(\.leaf.id.description)) == Set(ids))
        try bench.close()
    }

    @Test func `an address is a path, a name or numbers, with a port or without`() throws {
        #expect(try ServerAddress("reel") == .host("reel", port: 7447))
        #expect(try ServerAddress("reel:17") == .host("reel", port: 17))
        #expect(try ServerAddress("[::1]:17") == .host("::1", port: 17))
        #expect(try ServerAddress("::1") == .host("::1", port: 7447))
        #expect(try ServerAddress("./wire.sock") == .path("./wire.sock"))
        for text in ["", ":17", "reel:", "reel:0", "reel:70000", "two words:17", "reel:x"] {
            #expect(throws: Failure.self, "\(text)") { _ = try ServerAddress(text) }
        }
    }
}
