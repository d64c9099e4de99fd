import Access
import Base
import BenchCameras
import BenchFetching
import BenchHarness
import BenchPeers
import Crypto
import Evidence
import EvidenceFormat
import Glibc
import Linux
import Recorder
import Server
import TLS
import WireProtocol

/// This program again, as the server: a real log of records with links, a book with a token, the
/// access trail, both entrances.
struct ServerRole {
    private static let word = "--serve"
    static let camera = "press-1"
    private static let url = "test:mjpeg?size=1280x720&fps=5&quality=95"

    private let folder: String
    private let count: Int
    private let hasCamera: Bool

    static func words(_ folder: String, count: Int, camera: Bool = false) -> [String] {
        // Not /proc/self/exe itself: a program in between would mean itself by that.
        [realPath("/proc/self/exe"), word, folder, "\(count)", camera ? "camera" : "none"]
    }

    init?(_ words: [String]) {
        guard words.count == 5, words[1] == Self.word, let count = Int(words[3]) else { return nil }
        folder = words[2]
        self.count = count
        hasCamera = words[4] == "camera"
    }

    func run() throws {
        let bench = try BenchRecorder(folder)
        try fill(bench.log)
        if hasCamera {
            try bench.add(Self.camera, Self.url, ring: 64 << 20)
            try bench.wait(Self.camera, frames: 10)
        }
        let (book, _) = try AccessBook.open(
            dataDirectory: folder, log: bench.log, clock: bench.clock)
        let trail = AccessTrail(bench.log, clock: bench.clock)
        let token = try book.addToken(
            "bench", Grant(roles: [.operator]), by: BenchRecorder.author
        ).text
        guard let loopback = IPAddress("127.0.0.1") else { return }
        let plain = try Listener(loopback, port: 0)
        let secure = try Listener(loopback, port: 0)
        let server = try Server(
            [
                Entrance(plain, .loopback),
                Entrance(secure, .secure(try certificate())),
            ],
            desk: Desk(
                log: bench.log, book: book,
                served: Desk.Served(recorder: bench.recorder, trail: trail)
            ) {
                .object(JSONObject([("state", .string("serving"))]))
            },
            gate: Gate(book: book, trail: trail, door: Doorkeeper(clock: bench.clock)),
            origin: bench.log.origin, clock: bench.clock)
        say("\(plain.port) \(secure.port) \(token)")
        while let line = readLine() { say(try answer(line, bench)) }
        server.end()
        bench.recorder.close()
        try trail.close()
        try bench.log.close()
    }

    private func fill(_ log: EvidenceLog) throws {
        let pictures = Pictures(count: count)
        for start in stride(from: 0, to: count, by: 50) {
            let snapshots = try (start..<min(start + 50, count)).map { i in
                var capture = Capture()
                capture.links = [
                    try Link(kind: "check", value: Pictures.check(i)),
                    try Link(kind: "work-order", value: "WH/MO/\(i / 50)"),
                ]
                capture.mime = "image/jpeg"
                return EvidenceLog.Snapshot(
                    camera: "press-\(i % 50)", instant: SystemClock().now, capture,
                    payload: pictures.picture(i))
            }
            _ = try log.addSnapshots(snapshots, by: BenchRecorder.author)
        }
    }

    /// Where the web server finds them too.
    static func certificateFiles(_ folder: String) -> (file: String, key: String) {
        ("\(folder)/access/server.pem", "\(folder)/access/server.key")
    }

    private func certificate() throws -> TLSContext {
        let pair = try SelfSigned.make(names: ["localhost"], years: 1)
        let (file, key) = Self.certificateFiles(folder)
        try RealFileSystem().create(file, pair.certificate)
        try RealFileSystem().create(key, pair.key)
        return try TLSContext(serverCertificate: file, key: key)
    }

    /// `commit WRITERS MILLISECONDS COUNT`: the log's own commits of a picture of the camera, in
    /// the same rhythm as the clients ask; the median and p99 in microseconds.
    private func answer(_ line: String, _ bench: BenchRecorder) throws -> String {
        let numbers = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        guard numbers.count == 3 else { return "unknown" }
        let picture = try bench.snap(Self.camera, at: nil).picture
        let (log, clock) = (bench.log, bench.clock)
        let all = Monitor<[UInt64]>([])
        let threads = (0..<numbers[0]).map { writer in
            Thread(name: "commit") {
                var random = SeededRandom(seed: UInt64(writer))
                for _ in 0..<numbers[2] {
                    if numbers[1] > 0 {
                        pause(
                            milliseconds: .random(
                                in: numbers[1] / 2..<numbers[1] * 3 / 2, using: &random))
                    }
                    let start = Meter.nanoseconds
                    _ = try? log.addSnapshot(
                        camera: "bare", instant: clock.now, Capture(), payload: picture.span,
                        by: BenchRecorder.author)
                    let taken = Meter.nanoseconds - start
                    all.withLock { $0.append(taken) }
                }
            }
        }
        for thread in threads { thread.join() }
        let latencies = all.withLock { $0 }
        return "\(percentile(50, of: latencies) / 1000) \(percentile(99, of: latencies) / 1000)"
    }
}

/// The client's side of ours.
struct OurServer: Answerer {
    let name = "ours"
    let child: Child
    private let plainPort: Int
    private let securePort: Int
    private let token: String

    init(_ folder: String, count: Int, camera: Bool = false) throws {
        let words = ServerRole.words(folder, count: count, camera: camera)
        child = try Child(camera ? words : Cores.server(words), errors: "/dev/stderr")
        let parts = try child.line(seconds: 60).split(separator: " ")
        guard parts.count == 3, let plain = Int(parts[0]), let secure = Int(parts[1]) else {
            throw BenchFailure("our server did not start")
        }
        plainPort = plain
        securePort = secure
        token = String(parts[2])
    }

    func target(secret: Bool) -> Target? {
        var hello = FieldWriter()
        hello.add(.version, WireLimits.version)
        hello.add(.window, 1 << 20)
        var auth = FieldWriter()
        auth.add(.method, "token")
        auth.add(.secret, token)
        var greeting: [UInt8] = []
        FrameHeader(
            .hello, payloadBytes: hello.bytes.count, code: WireLimits.helloCode,
            stream: WireLimits.helloStream
        ).append(to: &greeting)
        greeting += hello.bytes
        FrameHeader(.auth, payloadBytes: auth.bytes.count).append(to: &greeting)
        greeting += auth.bytes
        return Target(
            wire: PEER_OURS, port: secret ? securePort : plainPort, process: child.process,
            isSecret: secret, greeting: greeting, greetingAnswers: 1)
    }

    private func request(_ operation: WireProtocol.Operation, _ fields: FieldWriter) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(
            .request, payloadBytes: fields.bytes.count, code: operation.rawValue, last: true
        ).append(to: &bytes)
        return bytes + fields.bytes
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { i in
            var fields = FieldWriter()
            fields.add(.link, "check=\(Pictures.check(i))")
            return request(.get, fields)
        }
    }

    func smallRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { i in
            var fields = FieldWriter()
            fields.add(.link, "check=\(Pictures.check(i))")
            fields.add(.form, "brief")
            fields.add(.limit, 1)
            return request(.find, fields)
        }
    }

    func snapRequest() -> [UInt8] {
        var fields = FieldWriter()
        fields.add(.camera, ServerRole.camera)
        fields.add(.form, "picture")
        return request(.snap, fields)
    }

    func end() { child.end() }
}
