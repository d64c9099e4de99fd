import Linux
import Testing

@Suite struct CompanionTests {
    @Test func `each work is done once, before its wait ends`() {
        let done = Monitor<[Int]>([])
        let companion = Companion(name: "companion")
        for i in 0..<500 {
            companion.begin { done.withLock { $0.append(i) } }
            companion.wait()
            #expect(done.withLock { $0.count } == i + 1)
        }
        #expect(done.withLock { $0 } == Array(0..<500))
    }

    @Test func `the caller goes on while it works`() {
        let gate = Monitor(false)
        let companion = Companion(name: "companion")
        companion.begin {
            gate.lock()
            while !gate.locked { gate.wait() }
            gate.unlock()
        }
        gate.withLock { $0 = true }
        gate.broadcast()
        companion.wait()
    }

    @Test func `many come and go, used or not`() {
        let done = Monitor(0)
        for i in 0..<200 {
            let companion = Companion(name: "companion")
            guard i % 2 == 0 else { continue }
            companion.begin { done.withLock { $0 += 1 } }
            companion.wait()
        }
        #expect(done.withLock { $0 } == 100)
    }
}
