package import Base
internal import Linux
package import TLS
internal import WireProtocol

/// The binary protocol's server: one thread waits for all sockets, others do what blocks.
package final class Server: Sendable {
    package struct Options: Sendable {
        package var connectionsMax = 2048
        /// Who has not logged in by then is hung up on.
        package var loginSeconds: UInt64 = 10
        /// Silence after which the client is asked whether it is there, and after twice as much
        /// hung up on. A client that takes nothing of what it asked for is treated likewise.
        package var idleSeconds: UInt64 = 60
        /// Uploads of all connections together.
        package var uploadBytesMax = 256 << 20
        package var name = "proofreel"
        package init() {}
    }

    private let loop: NetLoop
    private let workers = Workers()
    private let thread: Thread

    package init(
        _ entrances: [Entrance], desk: Desk, gate: Gate, origin: String, clock: any Clock,
        options: Options = Options()
    ) throws(Failure) {
        Process.ignoreBrokenPipes()
        let service = Service(
            desk: desk, gate: gate, workers: workers, options: options, origin: origin,
            clock: clock)
        let loop = try NetLoop(entrances, service)
        self.loop = loop
        thread = Thread(name: "net") { loop.run() }
    }

    /// Has another certificate for who connects from now on. Clients that are there over TLS are
    /// told to connect again; what runs is finished.
    package func renew(_ context: TLSContext) { loop.renew(context) }

    /// Takes nobody new, tells everybody, lets what runs finish for a few seconds, and hangs up.
    package func end() {
        loop.end()
        thread.join()
        workers.end()
    }
}

/// What connections share.
final class Service: Sendable {
    let desk: Desk
    let gate: Gate
    let workers: Workers
    let options: Server.Options
    let origin: String
    let clock: any Clock
    private let uploads = Monitor(0)

    init(
        desk: Desk, gate: Gate, workers: Workers, options: Server.Options, origin: String,
        clock: any Clock
    ) {
        self.desk = desk
        self.gate = gate
        self.workers = workers
        self.options = options
        self.origin = origin
        self.clock = clock
    }

    /// Room for so many bytes of an upload, or false. `release` gives it back.
    func reserve(_ count: Int) -> Bool {
        uploads.withLock { used in
            guard used + count <= options.uploadBytesMax else { return false }
            used += count
            return true
        }
    }

    func release(_ count: Int) { uploads.withLock { $0 -= count } }
}
