package import Linux

/// The network rungs of `camera test`: does the name have an address, is it in one of our networks,
/// does something listen. What stands above them is found out by trying the source itself, whose
/// `SourceFailure` names its rung.
package struct Ladder: Sendable {
    /// One rung: a plain sentence, and what to do if it does not hold.
    package struct Step: Hashable, Sendable, CustomStringConvertible {
        package let rung: Rung
        package let holds: Bool
        package let words: String
        package let remedy: String?

        package init(_ rung: Rung, holds: Bool, _ words: String, remedy: String? = nil) {
            self.rung = rung
            self.holds = holds
            self.words = words
            self.remedy = remedy
        }

        package var description: String { words + (remedy.map { "; \($0)" } ?? "") }
    }

    package static let resolveMilliseconds = 5000
    package static let connectMilliseconds = 3000
    /// Of the addresses that a name has.
    package static let triesMax = 4

    private let host: String
    private let port: UInt16

    /// - host: a name or an address, without brackets.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// From the bottom up, to the first that does not hold.
    package func climb(until stop: StopSignal) -> [Step] {
        let (address, addresses) = resolve()
        guard address.holds else { return [address] }
        let interfaces = Interfaces.now()
        var steps = [address, Self.route(to: addresses[0], interfaces)]
        if steps[1].holds { steps.append(knock(addresses, interfaces, stop)) }
        return steps
    }

    private func resolve() -> (Step, [IPAddress]) {
        switch Resolver.resolve(host, milliseconds: Self.resolveMilliseconds) {
        case .addresses(let addresses):
            let words =
                addresses[0].description == host
                ? "\(host) is an address" : "the name \(host) has the address \(addresses[0])"
            return (Step(.address, holds: true, words), addresses)
        case .unknown:
            return (
                Step(
                    .address, holds: false, "the name \(host) has no address",
                    remedy: "correct the name, or write the camera's IP address"), []
            )
        case .noAnswer:
            return (
                Step(
                    .address, holds: false, "no name server answers for \(host)",
                    remedy: "write the camera's IP address, or repair this machine's name service"),
                []
            )
        }
    }

    /// Not the same network is no fault, but the most common reason for one.
    static func route(to address: IPAddress, _ interfaces: Interfaces) -> Step {
        if address.isLoopback { return Step(.route, holds: true, "\(address) is this machine") }
        if let network = interfaces.network(of: address) {
            let place = "\(network.name), as \(network.address)/\(network.bits)"
            return network.isUp
                ? Step(.route, holds: true, "\(address) is in the same network (\(place))")
                : Step(
                    .route, holds: false, "the network of \(address) is down (\(place))",
                    remedy: "plug in the network cable of \(network.name)")
        }
        guard address.isV4 else {
            return Step(.route, holds: true, "not the same network: \(address) is beyond a router")
        }
        if let gateway = interfaces.gateway {
            return Step(
                .route, holds: true,
                "not the same network: \(address) is reached through gateway \(gateway)")
        }
        return Step(
            .route, holds: false, "not the same network: no way leads to \(address)",
            remedy: "give this machine an address in the camera's network, or a gateway to it")
    }

    private func knock(
        _ addresses: [IPAddress], _ interfaces: Interfaces, _ stop: StopSignal
    ) -> Step {
        var answer = TCPProbe.Answer.stopped
        for address in addresses.prefix(Self.triesMax) {
            answer = TCPProbe.connect(
                to: address, port: port, milliseconds: Self.connectMilliseconds, until: stop)
            if answer == .open || answer == .stopped { break }
        }
        let isNear =
            addresses[0].isLoopback || interfaces.network(of: addresses[0]) != nil
        return Self.port(answer, "\(host) port \(port)", isNear: isNear)
    }

    static func port(_ answer: TCPProbe.Answer, _ place: String, isNear: Bool) -> Step {
        func broken(_ words: String, _ remedy: String) -> Step {
            Step(.port, holds: false, words, remedy: remedy)
        }
        switch answer {
        case .open: return Step(.port, holds: true, "something answers at \(place)")
        case .refused:
            return broken(
                "\(place): the machine is there and nothing listens on this port",
                "check the port, and that this service is switched on in the camera")
        case .silent:
            return isNear
                ? broken(
                    "nobody answers at \(place)", "check the camera's power, cable and address")
                : broken(
                    "nobody answers at \(place), which is in another network",
                    "check the camera's address, and what firewalls between the networks allow"
                )
        case .unreachable:
            return broken(
                "\(place) cannot be reached from here",
                "check the camera's power and cable, and the way between the networks")
        case .stopped: return broken("\(place) was not tried", "test again")
        case .failed(let words): return broken("\(place): \(words)", "test again")
        }
    }
}
