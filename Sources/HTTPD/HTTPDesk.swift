internal import CHTTPD
internal import Glibc

/// What the daemon's callbacks work on: the connections that are there. The server's thread only.
final class HTTPDesk {
    let handler: any HTTPHandler
    let wake: HTTPWake
    private let options: HTTPServer.Options
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var looked: UInt64 = 0
    private(set) var isEnding = false

    init(_ handler: any HTTPHandler, _ options: HTTPServer.Options, _ wake: HTTPWake) {
        self.handler = handler
        self.wake = wake
        self.options = options
    }

    var connectionCount: Int { connections.count }

    func began(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func ended(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        connection.exchange = nil
    }

    /// Once a second: who has gone while nothing was sent to him, and who takes too long.
    func look() {
        let now = monotonicSeconds()
        guard now != looked else { return }
        looked = now
        for connection in connections.values { look(connection, now) }
    }

    private func look(_ connection: HTTPConnection, _ now: UInt64) {
        guard let exchange = connection.exchange, exchange.isHandled else {
            if now - connection.since > options.askSeconds { connection.hangUp() }
            return
        }
        if exchange.isStreaming {
            if proofreel_httpd_is_gone(connection.socket) != 0 { exchange.leave() }
            // Streams look at the time as well, and at rights that were taken back.
            exchange.wake()
        } else if now - connection.since > options.answerSeconds {
            connection.hangUp()
        }
    }

    func beginToEnd() {
        isEnding = true
        for connection in connections.values { connection.exchange?.abandon() }
    }
}

/// One client's connection: since when it asks, or is answered.
final class HTTPConnection {
    let socket: Int32
    let address: [UInt8]
    var since = monotonicSeconds()
    var exchange: HTTPExchange?
    /// Of its certificate, once somebody has asked for it.
    var key: [UInt8]?
    var isKeyKnown = false

    init(socket: Int32, address: [UInt8]) {
        self.socket = socket
        self.address = address
    }

    /// The daemon finds the connection broken, and ends it.
    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }
}

func monotonicSeconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec)
}
