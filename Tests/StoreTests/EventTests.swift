import Linux
import Synchronization
import TestSupport
import Testing

@Suite struct EventTests {
    @Test func `whoever waits is let through once it is set, and so is who comes later`() throws {
        for _ in 0..<200 {
            let event = Event()
            let value = Monitor(0)
            let passed = Atomic<Int>(0)
            try inParallel(8) { thread in
                if thread == 0 {
                    value.withLock { $0 = 7 }
                    event.set()
                    event.set()
                } else {
                    event.wait()
                    if value.withLock({ $0 }) == 7 { passed.add(1, ordering: .relaxed) }
                }
            }
            #expect(passed.load(ordering: .relaxed) == 7)
            #expect(event.isSet)
        }
    }
}
