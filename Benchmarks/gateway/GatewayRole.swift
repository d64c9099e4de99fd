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
    private let count: Int

    static func words(_ folder: String, count: Int) -> [String] {
        [realPath("/proc/self/exe"), word, folder, "\(count)"]
    }

    init?(_ words: [String]) {
        guard words.count == 4, words[1] == Self.word, let count = Int(words[3]) else { return nil }
        folder = words[2]
        self.count = count
    }

    /// Says its port, a token, and then the address of each picture.
    func run() throws {
        let bench = try BenchRecorder(folder)
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

    private func fill(_ log: EvidenceLog) throws -> [String] {
        let pictures = Pictures(count: count)
        var addresses: [String] = []
        for start in stride(from: 0, to: count, by: 50) {
            let snapshots = try (start..<min(start + 50, count)).map { i in
                var capture = Capture()
                capture.links = [try Link(kind: "check", value: Pictures.check(i))]
                capture.mime = "image/jpeg"
                return EvidenceLog.Snapshot(
                    camera: "press-\(i % 50)", instant: SystemClock().now, capture,
                    payload: pictures.picture(i))
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
    private var addresses: [String] = []

    init(_ folder: String, count: Int) throws {
        child = try Child(
            Cores.server(GatewayRole.words(folder, count: count)), errors: "/dev/stderr")
        let parts = try child.line(seconds: 60).split(separator: " ")
        guard parts.count == 2, let port = Int(parts[0]) else {
            throw BenchFailure("our gateway did not start")
        }
        self.port = port
        head = "HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(parts[1])\r\n\r\n"
        while addresses.count < count { addresses.append(try child.line(seconds: 10)) }
    }

    func target(secret: Bool) -> Target? {
        secret ? nil : Target(wire: PEER_HTTP, port: port, process: child.process)
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] {
        addresses.prefix(count).map { Array("GET \($0) \(head)".utf8) }
    }

    func smallRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { i in
            let key = Pictures.check(i).split(separator: "/").joined(separator: "%2F")
            return Array("GET /checks/\(key)/pictures \(head)".utf8)
        }
    }

    func end() { child.end() }
}
