import Base
import BenchHarness
import BenchPeers
import Glibc

/// A port of loopback that nobody has now.
func freePort() throws -> Int {
    let port = peer_free_port()
    guard port > 0 else { throw BenchFailure("no port is free") }
    return Int(port)
}

/// Waits until somebody listens there.
func waitForPort(_ port: Int, _ name: String) throws {
    for _ in 0..<2000 {
        if peer_is_listening(Int32(port)) != 0 { return }
        pause(milliseconds: 10)
    }
    throw BenchFailure("\(name) did not start to listen")
}

func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
        throw BenchFailure("\(path) could not be written")
    }
    // From the disk and not as they were written: ours too has to be read first.
    _ = fdatasync(descriptor)
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
}

/// Static files with sendfile, handles of open files kept, connections kept, and a buffered access
/// log, for ours notes every read too.
struct Nginx: Contender {
    static let program = "nginx"
    let name = "nginx, files"
    private let child: Child
    private let plainPort: Int
    private let securePort: Int

    init(_ folder: String, _ pictures: Pictures, certificate: (file: String, key: String)) throws {
        try makeFolder(folder)
        try makeFolder("\(folder)/files")
        for i in 0..<pictures.count {
            try write(pictures.picture(i), to: "\(folder)/files/\(i).jpg")
        }
        plainPort = try freePort()
        securePort = try freePort()
        let config = """
            daemon off; worker_processes 1; pid \(folder)/pid; error_log \(folder)/errors;
            \(getuid() == 0 ? "user root;" : "")
            events { worker_connections 4096; use epoll; multi_accept on; }
            http {
              sendfile on; tcp_nopush on; tcp_nodelay on; default_type image/jpeg;
              keepalive_timeout 1h; keepalive_requests 1000000000;
              open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;
              access_log \(folder)/access combined buffer=64k flush=2s;
              client_body_temp_path \(folder)/t1; proxy_temp_path \(folder)/t2;
              fastcgi_temp_path \(folder)/t3; uwsgi_temp_path \(folder)/t4;
              scgi_temp_path \(folder)/t5;
              server { listen 127.0.0.1:\(plainPort) backlog=512; root \(folder)/files; }
              server {
                listen 127.0.0.1:\(securePort) ssl backlog=512; root \(folder)/files;
                ssl_certificate \(certificate.file); ssl_certificate_key \(certificate.key);
                ssl_protocols TLSv1.3;
              }
            }
            """
        try write(Array(config.utf8), to: "\(folder)/nginx.conf")
        child = try Child(
            Cores.server([Self.program, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/errors"]))
        try waitForPort(plainPort, name)
    }

    func target(secret: Bool) -> Target? {
        Target(
            wire: PEER_HTTP, port: secret ? securePort : plainPort, process: child.process,
            isSecret: secret)
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { Array("GET /\($0).jpg HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8) }
    }

    func smallRequests(_ count: Int) -> [[UInt8]] { [] }

    func end() { child.end(SIGTERM) }
}

/// Everything in memory, nothing durable.
struct Redis: Contender {
    static let program = "redis-server"
    let name = "redis, GET"
    private let child: Child
    private let port: Int

    init(_ folder: String, _ pictures: Pictures) throws {
        try makeFolder(folder)
        port = try freePort()
        child = try Child(
            Cores.server([
                Self.program, "--port", "\(port)", "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", folder,
            ]))
        try waitForPort(port, name)
        let sets = (0..<pictures.count).flatMap { i in
            [
                Self.command([Array("SET".utf8), Array("p\(i)".utf8), pictures.picture(i)]),
                Self.command([Array("SET".utf8), Array("s\(i)".utf8), pictures.small(i)]),
            ]
        }
        let load = Target.Load(connections: 1, seconds: 1, isOnce: true)
        _ = try target(secret: false)?.ask(sets, load)
    }

    private static func command(_ words: [[UInt8]]) -> [UInt8] {
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8) }
        return bytes
    }

    func target(secret: Bool) -> Target? {
        secret ? nil : Target(wire: PEER_REDIS, port: port, process: child.process)
    }

    private func gets(_ letter: String, _ count: Int) -> [[UInt8]] {
        (0..<count).map { Self.command([Array("GET".utf8), Array("\(letter)\($0)".utf8)]) }
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] { gets("p", count) }
    func smallRequests(_ count: Int) -> [[UInt8]] { gets("s", count) }
    func end() { child.end(SIGTERM) }
}

func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 else { throw BenchFailure("\(path) could not be made") }
}
