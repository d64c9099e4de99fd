import Access
import Base
import Linux
import TestSupport
import Testing

@Suite struct DoorkeeperTests {
    private let clock = ManualClock()

    private func refusal(_ door: Doorkeeper, _ name: String, _ peer: String) -> String? {
        failure { try door.admit(name: name, peer: peer) }?.words
    }

    /// One failed attempt; false when it was not even admitted.
    private func fail(_ door: Doorkeeper, _ name: String, _ peer: String) -> Bool {
        guard refusal(door, name, peer) == nil else { return false }
        door.failed(name: name, peer: peer)
        return true
    }

    @Test func `five failures lock a name, longer each time, and say for how long`() throws {
        let door = Doorkeeper(clock: clock)
        for _ in 0..<5 { #expect(fail(door, "anna", "10.0.0.1")) }
        #expect(refusal(door, "anna", "10.0.0.2")?.contains("try again in 1 s") == true)
        #expect(refusal(door, "bert", "10.0.0.1") == nil)
        door.succeeded(name: "bert", peer: "10.0.0.1")
        var expected = [2, 4, 8, 16, 32, 60, 60]
        clock.advance(seconds: 1)
        while !expected.isEmpty {
            #expect(fail(door, "anna", "10.0.0.2"))
            let seconds = expected.removeFirst()
            #expect(refusal(door, "anna", "10.0.0.3")?.contains("in \(seconds) s") == true)
            clock.advance(seconds: Double(seconds))
        }
    }

    @Test func `names that nobody has are locked the same`() {
        let door = Doorkeeper(clock: clock)
        for _ in 0..<5 { #expect(fail(door, "no-such-name", "10.0.0.1")) }
        #expect(refusal(door, "no-such-name", "10.0.0.1") != nil)
    }

    @Test func `the right password clears the name but not the address`() throws {
        let door = Doorkeeper(clock: clock)
        for round in 0..<20 {
            #expect(fail(door, "victim-\(round)", "10.0.0.1"))
            if round < 19 {
                try door.admit(name: "own", peer: "10.0.0.1")
                door.succeeded(name: "own", peer: "10.0.0.1")
            }
        }
        #expect(refusal(door, "own", "10.0.0.1")?.contains("address") == true)
        #expect(refusal(door, "own", "10.0.0.2") == nil)
    }

    @Test func `guesses at once are counted before they are answered`() throws {
        let door = Doorkeeper(clock: clock)
        for _ in 0..<5 { #expect(fail(door, "anna", "10.0.0.1")) }
        clock.advance(seconds: 1)
        #expect(refusal(door, "anna", "10.0.0.1") == nil)
        #expect(refusal(door, "anna", "10.0.0.2")?.contains("at once") == true)
        door.succeeded(name: "anna", peer: "10.0.0.1")
        for _ in 0..<200 { try door.admit(name: "anna", peer: "10.0.0.2") }
    }

    @Test func `an hour of quiet is forgiven`() {
        let door = Doorkeeper(clock: clock)
        for _ in 0..<4 { #expect(fail(door, "anna", "10.0.0.1")) }
        clock.advance(seconds: 3601)
        for _ in 0..<4 { #expect(fail(door, "anna", "10.0.0.1")) }
        #expect(refusal(door, "anna", "10.0.0.1") == nil)
    }

    @Test func `a flood of names takes no more than its room, and hides no locked one`() {
        let door = Doorkeeper(clock: clock)
        for _ in 0..<5 { #expect(fail(door, "anna", "10.0.0.1")) }
        for i in 0..<(Doorkeeper.keysMax + 2000) {
            _ = fail(door, "flood-\(i)", "10.1.\(i / 250).\(i % 250)")
        }
        #expect(door.keyCount.names <= Doorkeeper.keysMax)
        #expect(door.keyCount.peers <= Doorkeeper.keysMax)
        #expect(refusal(door, "anna", "10.0.0.9") != nil)
    }

    @Test func `a network of IPv6 is one address`() throws {
        func key(_ last: UInt8, _ eighth: UInt8) throws -> String {
            let bytes: [UInt8] = [0x20, 1, 13, 184, 0, 0, 0, eighth, 0, 0, 0, 0, 0, 0, 0, last]
            return Doorkeeper.key(of: try #require(IPAddress(bytes: bytes)))
        }
        #expect(try key(1, 0) == key(2, 0))
        #expect(try key(1, 0) != key(1, 1))
        #expect(Doorkeeper.key(of: try #require(IPAddress(bytes: [10, 0, 0, 1]))) == "10.0.0.1")
    }
}
