import Access
import Base
import BenchCameras
import BenchFetching
import BenchHarness
import BenchPeers
import Evidence
import EvidenceFormat
import Linux
import Recorder
import Server
import Web

/// This program again, as the server: a real log, a book with a token, the access trail, the
/// gateway.
struct GatewayRole {
    private static let word = "--serve"

    private let folder: String
    /// Pictures of 200 KB, and tiny ones before them, which make the log large.
    private let count: Int
    private let tiny: Int

    static func words(_ folder: String, count: Int, tiny: Int) -> [String] {
        [realPath("/proc/self/exe"), word, folder, "\(count)", "\(tiny)"]
    }

    init?(_ words: [String]) {
        guard words.count == 5, words[1] == Self.word, let count = Int(words[3]),
            let tiny = Int(words[4])
        else { return nil }
        folder = words[2]
        self.count = count
        self.tiny = tiny
    }

    /// Says its port, a token, and then the address of each picture.
    func run() throws {
        let bench = try BenchRecorder(folder)
        try fillTiny(bench.log)
        let addresses = try fill(bench.log)
        let (book, _) = try AccessBook.open(
            dataDirectory: folder, log: bench.log, clock: bench.clock)
        let trail = AccessTrail(bench.log, clock: bench.clock)
        let token = try book.addToken(
            "bench", Grant(roles: [.auditor]), by: BenchRecorder.author
        ).text
        guard let loopback = IPAddress("127.0.0.1") else { return }
        let listener = try Listener(loopback, port: 0)
        let gateway = try Gateway(
            [Gateway.Entrance(listener)],
            desk: Desk(
                log: bench.log, book: book,
                served: Desk.Served(recorder: bench.recorder, trail: trail)
            ) {
                .object(JSONObject([("state", .string("serving"))]))
            },
            gate: Gate(book: book, trail: trail, door: Doorkeeper(clock: bench.clock)),
            clock: bench.clock)
        say("\(listener.port) \(token)")
        for address in addresses { say(address) }
        while readLine() != nil {}
        gateway.end()
        bench.recorder.close()
        try trail.close()
        try bench.log.close()
    }

    /// Checks that nobody asks for a second time, one picture each.
    private func fillTiny(_ log: EvidenceLog) throws {
        let next = Monitor(0)
        let batch = 256
        let failed = Monitor<(any Error)?>(nil)
        let threads = (0..<4).map { _ in
            Thread(name: "fill") { [tiny, count] in
                while true {
                    let first = next.withLock { next in
                        defer { next += batch }
                        return next
                    }
                    let last = min(first + batch, tiny)
                    guard first < last, failed.withLock({ $0 == nil }) else { return }
                    do {
                        let snapshots = try (first..<last).map { i in
                            try Self.snapshot(count + i, [1, 2, 3, 4, 5, 6, 7, 8])
                        }
                        _ = try log.addSnapshots(snapshots, by: BenchRecorder.author)
                    } catch {
                        failed.withLock { $0 = error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        if let error = failed.withLock({ $0 }) { throw error }
    }

    private static func snapshot(_ i: Int, _ payload: [UInt8]) throws -> EvidenceLog.Snapshot {
        var capture = Capture()
        capture.links = [try Link(kind: "check", value: Pictures.check(i))]
        capture.mime = "image/jpeg"
        return EvidenceLog.Snapshot(
            camera: "press-\(i % 50)", instant: SystemClock().now, capture, payload: payload)
    }

    private func fill(_ log: EvidenceLog) throws -> [String] {
        let pictures = Pictures(count: count)
        var addresses: [String] = []
        for start in stride(from: 0, to: count, by: 50) {
            let snapshots = try (start..<min(start + 50, count)).map { i in
                try Self.snapshot(i, pictures.picture(i))
            }
            for receipt in try log.addSnapshots(snapshots, by: BenchRecorder.author) {
                guard let hash = receipt.leaf.digest("pay") else { continue }
                addresses.append("/pictures/\(hash.hex)/\(receipt.id).jpg")
            }
        }
        return addresses
    }
}

/// The client's side of it.
struct OurGateway: Answerer {
    let name = "ours"
    private let child: Child
    private let port: Int
    private let head: String
    private let tiny: Int
    private var addresses: [String] = []

    /// `tiny`: how many more pictures there are, to find others among.
    init(_ folder: String, count: Int, tiny: Int) throws {
        self.tiny = tiny
        // A large log is filled on all cores.
        let words = GatewayRole.words(folder, count: count, tiny: tiny)
        child = try Child(tiny > 0 ? words : Cores.server(words), errors: "/dev/stderr")
        let parts = try child.line(seconds: 60 + tiny / 2000).split(separator: " ")
        guard parts.count == 2, let port = Int(parts[0]) else {
            throw BenchFailure("our gateway did not start")
        }
        if tiny > 0 {
            Cores.keep(server: child.process)
            Self.waitUntilIdle(child.process)
        }
        self.port = port
        head = "HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(parts[1])\r\n\r\n"
        while addresses.count < count { addresses.append(try child.line(seconds: 10)) }
    }

    /// The index of a log that was just filled is merged for a while yet.
    private static func waitUntilIdle(_ process: Int32) {
        var quiet = 0
        var before = peer_cpu_of(process)
        for _ in 0..<120 where quiet < 3 {
            pause(milliseconds: 1000)
            let now = peer_cpu_of(process)
            quiet = now - before < 0.05 ? quiet + 1 : 0
            before = now
        }
    }

    func target(secret: Bool) -> Target? {
        secret ? nil : Target(wire: PEER_HTTP, port: port, process: child.process)
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] {
        addresses.prefix(count).map { Array("GET \($0) \(head)".utf8) }
    }

    func smallRequests(_ count: Int) -> [[UInt8]] {
        var random = SeededRandom(seed: 5)
        let checks =
            tiny == 0
            ? Array(0..<count)
            : (0..<100_000).map { _ in
                Int.random(in: 0..<tiny, using: &random) + count
            }
        return checks.map { i in
            let key = Pictures.check(i).split(separator: "/").joined(separator: "%2F")
            return Array("GET /checks/\(key)/pictures \(head)".utf8)
        }
    }

    func end() { child.end() }
}
