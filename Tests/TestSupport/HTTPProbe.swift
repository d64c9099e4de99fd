internal import Foundation

/// An HTTP client as small as can be: sends the bytes that a test wrote, and reads answers with a
/// length, in chunks, or up to the end. One connection, one thread.
package final class HTTPProbe {
    package struct Answer {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        package var text: String { String(decoding: body, as: UTF8.self) }
        package var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    package struct Ended: Error {
        package init() {}
    }

    private let descriptor: Int32
    private var input: [UInt8] = []
    private var isOpen = true

    /// `receiveBytes`: a small one makes a reader that takes little at a time.
    package init(port: UInt16, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(4))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard code == 0 else { throw Ended() }
        // A test that hangs says nothing; one that ends does.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, length)
    }

    deinit { hangUp() }

    package func hangUp() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    package func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBufferPointer {
                Glibc.send(
                    descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Ended() }
            done += count
        }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package static func request(
        _ target: String, _ headers: [String] = [], method: String = "GET"
    ) -> String {
        (["\(method) \(target) HTTP/1.1", "Host: test"] + headers + ["", ""])
            .joined(separator: "\r\n")
    }

    /// One request and its answer.
    package func ask(
        _ target: String, _ headers: [String] = [], method: String = "GET"
    ) throws -> Answer {
        try send(Self.request(target, headers, method: method))
        return try answer(isHead: method == "HEAD")
    }

    /// False when the other side has ended.
    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return false }
        input += piece.prefix(count)
        return true
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while input.count < count { guard fill() else { throw Ended() } }
        defer { input.removeFirst(count) }
        return Array(input.prefix(count))
    }

    private func line() throws -> String {
        var seen = 0
        while true {
            if let end = input[seen...].firstIndex(of: 0x0A) {
                let line = try take(end + 1)
                return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
            }
            seen = input.count
            guard fill() else { throw Ended() }
        }
    }

    package func head() throws -> (status: Int, headers: [(name: String, value: String)]) {
        let words = try line().split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw Ended() }
        var headers: [(name: String, value: String)] = []
        while true {
            let line = try line()
            guard !line.isEmpty else { return (status, headers) }
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.append(
                (String(parts[0]), parts.last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "")
            )
        }
    }

    package func answer(isHead: Bool = false) throws -> Answer {
        let (status, headers) = try head()
        func value(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }
        var body: [UInt8] = []
        if isHead || status == 304 {
            body = []
        } else if value("transfer-encoding") == "chunked" {
            while let piece = try chunk() { body += piece }
        } else if let length = value("content-length").flatMap({ Int($0) }) {
            body = try take(length)
        } else {
            while fill() {}
            body = input
            input = []
        }
        return Answer(status: status, headers: headers, body: body)
    }

    /// Of an answer in chunks; nil at its end.
    package func chunk() throws -> [UInt8]? {
        guard let count = Int(try line(), radix: 16) else { throw Ended() }
        let bytes = try take(count)
        _ = try take(2)
        return count == 0 ? nil : bytes
    }

    /// Whether the other side has hung up, once what it sent is read.
    package var isEnded: Bool {
        while fill() {}
        return true
    }
}
