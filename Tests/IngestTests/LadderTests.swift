import Linux
import TestSupport
import Testing

@testable import Ingest

@Suite struct LadderTests {
    private static func address(_ bytes: UInt8...) throws -> IPAddress {
        try #require(IPAddress(bytes: bytes))
    }

    private static func interfaces(gateway: IPAddress? = nil, isUp: Bool = true) throws
        -> Interfaces
    {
        Interfaces(
            networks: [
                Interfaces.Network(
                    name: "eth0", address: try address(192, 168, 1, 20), bits: 24, isUp: isUp)
            ], gateway: gateway)
    }

    @Test func `the same network, another one, and none are told apart`() throws {
        let near = try Self.address(192, 168, 1, 64)
        let far = try Self.address(10, 0, 0, 7)
        let gateway = try Self.address(192, 168, 1, 1)
        let same = Ladder.route(to: near, try Self.interfaces())
        #expect(same.holds && same.words.contains("same network (eth0, as 192.168.1.20/24)"))
        let beyond = Ladder.route(to: far, try Self.interfaces(gateway: gateway))
        #expect(beyond.holds)
        #expect(
            beyond.words
                == "not the same network: 10.0.0.7 is reached through gateway 192.168.1.1")
        let nowhere = Ladder.route(to: far, try Self.interfaces())
        #expect(!nowhere.holds && nowhere.remedy != nil)
        #expect(!Ladder.route(to: near, try Self.interfaces(isUp: false)).holds)
    }

    @Test func `each answer of a port has its own sentence`() {
        let answers: [TCPProbe.Answer] = [
            .open, .refused, .silent, .unreachable, .stopped, .failed("odd"),
        ]
        let steps = answers.map { Ladder.port($0, "cam port 80", isNear: true) }
        #expect(Set(steps.map(\.words)).count == answers.count)
        #expect(steps.map(\.holds) == [true, false, false, false, false, false])
        #expect(steps.dropFirst().allSatisfy { $0.remedy != nil })
        #expect(
            Ladder.port(.silent, "cam", isNear: false) != Ladder.port(.silent, "cam", isNear: true))
    }

    @Test func `a port that listens and one that does not`() throws {
        let server = try LoopbackServer { _ in [] }
        let open = Ladder(host: "localhost", port: UInt16(server.port)).climb(until: StopSignal())
        #expect(open.map(\.rung) == [.address, .route, .port] && open.allSatisfy { $0.holds })
        server.end()
        let closed = Ladder(host: "127.0.0.1", port: UInt16(server.port)).climb(until: StopSignal())
        #expect(closed.map(\.holds) == [true, true, false])
        #expect(closed[2].words.contains("nothing listens"))
    }

    @Test func `a name without an address ends the climb`() {
        let steps = Ladder(host: "no-such-camera.invalid", port: 80).climb(until: StopSignal())
        #expect(steps.map(\.rung) == [.address] && !steps[0].holds)
    }

    @Test func `prefixes are compared bit by bit`() throws {
        let a = try Self.address(10, 0, 0, 127)
        let b = try Self.address(10, 0, 0, 128)
        #expect(a.shares(24, with: b) && !a.shares(25, with: b) && a.shares(0, with: b))
        #expect(!a.shares(33, with: b))
        let v6 = try #require(IPAddress(bytes: [UInt8](repeating: 0, count: 15) + [1]))
        #expect(v6.isLoopback && v6.description == "::1" && !v6.shares(0, with: a))
    }

    @Test func `the gateway is read from the kernel's table`() {
        let table =
            "Iface\tDestination\tGateway\tFlags\neth0\t0000A8C0\t00000000\t0001\n"
            + "eth0\t00000000\t0101A8C0\t0003\n"
        #expect(Interfaces.gateway(inRoutes: table)?.description == "192.168.1.1")
        #expect(Interfaces.gateway(inRoutes: "nonsense\nx y z\n") == nil)
    }
}
