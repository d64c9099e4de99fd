internal import BenchHarness
internal import BenchPeers
internal import Glibc

/// Static files with sendfile, handles of open files kept, connections kept, and a buffered access
/// log, for ours notes every read too.
package struct Nginx: Answerer {
    package static let program = "nginx"
    package let name = "nginx, files"
    private let child: Child
    private let plainPort: Int
    private let securePort: Int
    private let hasTLS: Bool

    package init(_ folder: String, _ pictures: Pictures, certificate: (file: String, key: String)?)
        throws
    {
        try makeFolder(folder)
        try makeFolder("\(folder)/files")
        for i in 0..<pictures.count {
            try write(pictures.picture(i), to: "\(folder)/files/\(i).jpg")
        }
        hasTLS = certificate != nil
        plainPort = try freePort()
        securePort = try freePort()
        let securePort = self.securePort
        let secure =
            certificate.map {
                """
                server {
                  listen 127.0.0.1:\(securePort) ssl backlog=512; root \(folder)/files;
                  ssl_certificate \($0.file); ssl_certificate_key \($0.key);
                  ssl_protocols TLSv1.3;
                }
                """
            } ?? ""
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
              \(secure)
            }
            """
        try write(Array(config.utf8), to: "\(folder)/nginx.conf")
        child = try Child(
            Cores.server([Self.program, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/errors"]))
        try waitForPort(plainPort, name)
    }

    package func target(secret: Bool) -> Target? {
        guard hasTLS || !secret else { return nil }
        return Target(
            wire: PEER_HTTP, port: secret ? securePort : plainPort, process: child.process,
            isSecret: secret)
    }

    package func pictureRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { Array("GET /\($0).jpg HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8) }
    }

    package func smallRequests(_ count: Int) -> [[UInt8]] { [] }

    package func end() { child.end(SIGTERM) }
}
