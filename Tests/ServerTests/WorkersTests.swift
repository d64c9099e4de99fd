import Linux
import TestSupport
import Testing

@testable import Server

@Suite struct WorkersTests {
    @Test func `every job that was taken runs once, though there is always another one`() {
        let workers = Workers(name: "test", threadsMax: 3, waitingMax: 50)
        let ran = Monitor([Int](repeating: 0, count: 20_000))
        for job in 0..<20_000 {
            while !workers.run({ ran.withLock { $0[job] += 1 } }) { pauseFor(milliseconds: 1) }
        }
        workers.end()
        #expect(ran.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func `no more jobs wait than was said, and who ends takes none`() {
        let workers = Workers(name: "test", threadsMax: 1, waitingMax: 5)
        let (started, gate) = (Event(), Event())
        #expect(
            workers.run {
                started.set()
                gate.wait()
            })
        started.wait()
        let taken = (0..<20).count { _ in workers.run {} }
        #expect(taken == 5)
        gate.set()
        workers.end()
        #expect(!workers.run {})
    }
}
