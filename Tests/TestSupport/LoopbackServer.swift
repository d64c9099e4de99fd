internal import Foundation
internal import Linux

/// A server on the loopback that answers each connection as a test says: with real sockets, and
/// with all the rudeness of real cameras.
package final class LoopbackServer: Sendable {
    /// What it does with one connection.
    package enum Step: Sendable {
        /// Waits for a request, up to its empty line.
        case request
        case send([UInt8])
        case text(String)
        /// Sends nothing more until the client goes away or the server ends.
        case hang
        /// Ends with RST in place of FIN.
        case reset
    }

    package let port: Int
    private let listener: Int32
    private let state = Monitor(State())
    private let thread = Monitor<Linux.Thread?>(nil)

    private struct State {
        var requests: [String] = []
        var connections: [Int32] = []
        var threads: [Linux.Thread] = []
        var isEnding = false
    }

    /// - script: the steps of connection 0, 1, …
    package init(_ script: @escaping @Sendable (Int) -> [Step]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isReady else { throw ChildFailure("no port on the loopback") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Linux.Thread(name: "loopback") { [self] in accept(script) }
        self.thread.withLock { $0 = thread }
    }

    package func url(_ path: String = "/", host: String = "127.0.0.1") -> String {
        "http://\(host):\(port)\(path)"
    }

    /// Heads of all requests so far.
    package var requests: [String] { state.withLock { $0.requests } }

    package func end() {
        let connections = state.withLock { state in
            state.isEnding = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
        thread.withLock { $0.take() }?.join()
        for thread in state.withLock({ $0.threads }) { thread.join() }
        for connection in connections { close(connection) }
        close(listener)
    }

    private func accept(_ script: @escaping @Sendable (Int) -> [Step]) {
        var number = 0
        while true {
            let connection = Foundation.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let steps = script(number)
            number += 1
            let thread = Linux.Thread(name: "loopback-\(number)") { [self] in
                serve(connection, steps)
            }
            let isEnding = state.withLock { state in
                state.connections.append(connection)
                state.threads.append(thread)
                return state.isEnding
            }
            if isEnding { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func serve(_ connection: Int32, _ steps: [Step]) {
        for step in steps {
            switch step {
            case .request: guard readRequest(connection) else { return }
            case .send(let bytes): guard send(connection, bytes) else { return }
            case .text(let text): guard send(connection, Array(text.utf8)) else { return }
            case .hang: while readRequest(connection) {}
            case .reset:
                var now = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
                var address = sockaddr(
                    sa_family: sa_family_t(AF_UNSPEC),
                    sa_data: (
                        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
                    ))
                // Dissolves the connection with RST, and leaves the descriptor for `end`.
                connect(connection, &address, socklen_t(MemoryLayout<sockaddr>.size))
                return
            }
        }
        shutdown(connection, Int32(SHUT_RDWR))
    }

    private func readRequest(_ connection: Int32) -> Bool {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard recv(connection, &byte, 1, 0) == 1, head.count < 65536 else { return false }
            head.append(byte)
        }
        state.withLock { $0.requests.append(String(decoding: head, as: UTF8.self)) }
        return true
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.send(
                    connection, buffer.baseAddress! + done, buffer.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
