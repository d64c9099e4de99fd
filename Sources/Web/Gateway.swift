package import Base
internal import HTTPD
internal import HTTPFormat
package import Linux
package import Server
internal import Synchronization
internal import WireProtocol

/// The HTTP gateway: for browsers, and for programs that speak nothing else. Answers under the same
/// identities and rights as the binary protocol, into the same trail.
///
/// One thread waits for all its sockets and answers what is quick; log-ins and what blocks have
/// threads of their own.
package final class Gateway: Sendable {
    package struct Options: Sendable {
        /// Of each entrance.
        package var connectionsMax = 512
        package var idleSeconds: UInt64 = 30
        package init() {}
    }

    /// A place where clients come in: with TLS, or from this machine without.
    package struct Entrance: Sendable {
        let listener: Listener
        let certificate: (certificate: [UInt8], key: [UInt8])?

        /// PEM; nil for plain HTTP, which is for loopback addresses alone.
        package init(
            _ listener: Listener, _ certificate: (certificate: [UInt8], key: [UInt8])? = nil
        ) {
            self.listener = listener
            self.certificate = certificate
        }
    }

    /// In leaves, whoever comes in here has this session.
    static let session = "http"
    private static let turnMilliseconds: Int32 = 250
    private static let endingTurns = 20

    private let reception: Reception
    private let stations: [Station]
    private let threads: [Thread]
    private let isEnding = Event()

    package init(
        _ entrances: [Entrance], desk: Desk, gate: Gate, clock: any Clock,
        options: Options = Options(), routes: [Route] = Route.all
    ) throws(Failure) {
        Process.ignoreBrokenPipes()
        let site = Site(
            desk, try LogIns(gate, clock), clock, streamsMax: options.connectionsMax / 2)
        let reception = Reception(site, routes)
        self.reception = reception
        var limits = HTTPServer.Options()
        limits.connectionsMax = options.connectionsMax
        limits.idleSeconds = options.idleSeconds
        var begun: [(Station, HTTPServer)] = []
        for entrance in entrances {
            let station = Station(entrance, limits)
            begun.append((station, try station.server(reception, entrance.certificate)))
        }
        stations = begun.map(\.0)
        let isEnding = self.isEnding
        threads = begun.map { station, server in
            Thread(name: "http") { Self.run(server, station, until: isEnding) }
        }
    }

    private static func run(_ first: HTTPServer, _ station: Station, until isEnding: Event) {
        var server = first
        while !isEnding.isSet {
            server.run(milliseconds: turnMilliseconds)
            guard let next = station.takeNext() else { continue }
            finish(server)
            server = next
        }
        finish(server)
    }

    private static func finish(_ server: HTTPServer) {
        server.beginToEnd()
        // What is on its way goes out; who takes his time is hung up on.
        for _ in 0..<endingTurns where server.connectionCount > 0 {
            server.run(milliseconds: 50)
        }
    }

    /// Has another certificate, in PEM, for who connects from now on: within a second or so live
    /// views end and connections close, and clients connect again. Throws when there is no using
    /// it; the old one stays then.
    package func renew(_ certificate: (certificate: [UInt8], key: [UInt8])) throws(Failure) {
        for station in stations where station.entrance.certificate != nil {
            station.give(try station.server(reception, certificate))
        }
    }

    /// Takes nobody new, ends live views, lets answers go out, and hangs up.
    package func end() {
        reception.end()
        isEnding.set()
        for thread in threads { thread.join() }
    }
}

/// One entrance: what makes its servers, and the next one, which its thread takes over.
private final class Station: Sendable {
    let entrance: Gateway.Entrance
    private let limits: HTTPServer.Options
    private let next = Monitor<HTTPServer?>(nil)

    init(_ entrance: Gateway.Entrance, _ limits: HTTPServer.Options) {
        self.entrance = entrance
        self.limits = limits
    }

    func server(
        _ reception: Reception, _ certificate: (certificate: [UInt8], key: [UInt8])?
    ) throws(Failure) -> HTTPServer {
        var limits = self.limits
        limits.certificate = certificate
        return try HTTPServer(listening: entrance.listener.descriptor, limits, reception)
    }

    func give(_ server: HTTPServer) { next.withLock { $0 = server } }

    func takeNext() -> HTTPServer? {
        next.withLock { next in
            defer { next = nil }
            return next
        }
    }
}

/// Takes requests apart, finds out who asks, and has them answered.
final class Reception: HTTPHandler {
    /// Of each connection, before it is known who asks.
    private static let bodyBytesMax = 16 << 10

    private let site: Site
    private let routes: [Route]
    private let workers = Workers(name: "http-worker")
    /// Checking passwords keeps a processor busy, so few are checked at a time.
    private let logInWorkers = Workers(name: "http-login", threadsMax: 2, waitingMax: 256)

    init(_ site: Site, _ routes: [Route]) {
        self.site = site
        self.routes = routes
    }

    func end() {
        logInWorkers.end()
        workers.end()
    }

    func answer(_ exchange: HTTPExchange) -> HTTPReply? {
        let headers = Visit.Headers(
            accept: exchange.header("Accept"), ifNoneMatch: exchange.header("If-None-Match"),
            range: exchange.header("Range"), ifRange: exchange.header("If-Range"))
        do throws(WireError) {
            let target = try target(exchange)
            let found = Route.find(target.segments, exchange.method, in: routes)
            guard case .route(let route, let parameter) = found else {
                return misfit(found, headers)
            }
            if route.method == .post, let wrong = OwnRequest.misfit(exchange) {
                let (status, error) = wrong
                return finished(Replies.refusal(error, headers, status: status), error)
            }
            let request = try request(exchange, target, parameter, headers)
            guard !route.isOpen else { return perform(route, request.visit(nil)) }
            let credentials = try credentials(exchange)
            if let identity = site.logIns.remembered(credentials) {
                let caller = Caller(
                    identity: identity, peer: request.peer.trail, session: Gateway.session)
                return start(route, request.visit(caller), exchange)
            }
            guard logInWorkers.run({ [self] in admit(credentials, route, request, exchange) })
            else { throw Self.busy }
            return nil
        } catch {
            return finished(Replies.refusal(error, headers), error)
        }
    }

    func bodyBytesMax(_ exchange: HTTPExchange) -> Int {
        exchange.method == "POST" ? Self.bodyBytesMax : 0
    }

    /// A path that is not there, or is asked with another method.
    private func misfit(_ found: Route.Found, _ headers: Visit.Headers) -> HTTPReply {
        guard case .methods(let methods) = found, !methods.isEmpty else {
            let error = WireError(
                .notFound, "there is nothing here; docs/http.md lists what can be asked for")
            return finished(Replies.refusal(error, headers), error)
        }
        let names = methods.map { $0 == .get ? "GET, HEAD" : $0.rawValue }.joined(separator: ", ")
        let error = WireError(.unsupported, "only \(names) is answered here")
        var reply = Replies.refusal(error, headers, status: 405)
        reply.headers.append(("Allow", names))
        return finished(reply, error)
    }

    /// A request before it is known who asks.
    private struct Request: Sendable {
        let target: RequestTarget
        let headers: Visit.Headers
        let isHead: Bool
        let body: [UInt8]
        let parameter: String
        let peer: Gate.Peer
        let wake: @Sendable () -> Void

        func visit(_ caller: Caller?) -> Visit {
            Visit(
                target: target, headers: headers, isHead: isHead, body: body,
                parameter: parameter, caller: caller, wake: wake)
        }
    }

    private static let busy = WireError(.busy, "the server has more to do than it takes; try again")

    private func target(_ exchange: HTTPExchange) throws(WireError) -> RequestTarget {
        guard let target = RequestTarget(exchange.target) else {
            throw WireError(
                .invalid, "this address is too long, or its % signs make no sense; encode / as %2F")
        }
        return target
    }

    private func request(
        _ exchange: HTTPExchange, _ target: RequestTarget, _ parameter: String,
        _ headers: Visit.Headers
    ) throws(WireError) -> Request {
        guard let address = IPAddress(bytes: exchange.address) else {
            throw WireError(.invalid, "nobody is known to come from there")
        }
        return Request(
            target: target, headers: headers, isHead: exchange.method == "HEAD",
            body: exchange.body, parameter: parameter, peer: Gate.Peer(address),
            wake: { [weak exchange] in exchange?.wake() })
    }

    /// What is said counts before what the connection shows.
    private func credentials(_ exchange: HTTPExchange) throws(WireError) -> LogIns.Proof {
        guard let header = exchange.header("Authorization") else {
            if let key = exchange.peerKey.flatMap({ Digest($0) }) { return .key(key) }
            throw WireError(.notAdmitted, "log in: with user and password, or with a token")
        }
        guard let credentials = Credentials(header) else {
            throw WireError(
                .notAdmitted, "this log-in is none that is understood here; use Basic or Bearer")
        }
        return .credentials(credentials)
    }

    // MARK: On other threads

    private func admit(
        _ credentials: LogIns.Proof, _ route: Route, _ request: Request, _ exchange: HTTPExchange
    ) {
        do throws(WireError) {
            let identity = try site.logIns.admit(credentials, from: request.peer)
            let caller = Caller(
                identity: identity, peer: request.peer.trail, session: Gateway.session)
            if let reply = start(route, request.visit(caller), exchange) { exchange.reply(reply) }
        } catch {
            exchange.reply(finished(Replies.refusal(error, request.headers), error))
        }
    }

    /// The answer, when it takes no time; else it comes later.
    private func start(_ route: Route, _ visit: Visit, _ exchange: HTTPExchange) -> HTTPReply? {
        // What a query asks for may take longer.
        guard !route.isQuick || !visit.target.items.isEmpty else { return perform(route, visit) }
        let isTaken = workers.run { [self] in exchange.reply(perform(route, visit)) }
        return isTaken ? nil : finished(Replies.refusal(Self.busy, visit.headers), Self.busy)
    }

    private func perform(_ route: Route, _ visit: Visit) -> HTTPReply {
        do {
            return finished(try route.run(visit, site), nil)
        } catch {
            let error = Desk.told(error)
            return finished(Replies.refusal(error, visit.headers), error)
        }
    }

    private func finished(_ reply: HTTPReply, _ error: WireError?) -> HTTPReply {
        site.tally.count(reply.status, refusal: error?.code.word)
        var reply = reply
        reply.headers += Replies.guards
        return reply
    }
}
