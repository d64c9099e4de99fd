internal import Base
internal import Linux
internal import Server
internal import TLS
internal import Web

/// What SIGHUP means: read certificate and key again, and go on serving.
struct Renewal {
    private let server: Server
    private let gateway: Gateway?
    private let doors: Doors
    private let console: Console

    init(_ server: Server, _ gateway: Gateway?, _ doors: Doors, _ console: Console) {
        self.server = server
        self.gateway = gateway
        self.doors = doors
        self.console = console
    }

    /// Waits for a signal at most so long, and does what it asks for.
    func isToldToEnd(waitingMilliseconds milliseconds: Int) -> Bool {
        switch Process.waitForSignal(milliseconds: milliseconds) {
        case nil: return false
        case .end: return true
        case .hangUp:
            // The terminal that it was started at is gone, and with it whoever would end it.
            if console.isTerminal, !StandardStream.output.isTerminal { return true }
            renew()
            return false
        }
    }

    private func renew() {
        let time = Amount.time(SystemClock().now)
        do {
            guard let context = try doors.renewed() else {
                return console.print("\(time)  nobody comes in with TLS; no certificate is read")
            }
            if let pair = try doors.renewedPEM() { try gateway?.renew(pair) }
            server.renew(context)
            let fingerprint = context.ownKeyHash?.fingerprint ?? "none"
            console.print("\(time)  the certificate was read; its fingerprint is \(fingerprint)")
        } catch {
            let words = (error as? Failure)?.words ?? "\(error)"
            console.print(
                "\(time)  \(console.bad("the certificate stays as it was: \(words)"))")
        }
    }
}
