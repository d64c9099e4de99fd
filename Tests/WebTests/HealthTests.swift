import Access
import Base
import Evidence
import ServerSupport
import TestSupport
import Testing
import Web

/// What a load balancer and a watchdog are told.
@Suite(.serialized) struct HealthTests {
    @Test func `a server whose disk is full is there, and not ready`() throws {
        let bench = try WebBench(failing: true)
        let login = try bench.bearer(.auditor)
        #expect(try bench.ask("/readyz").text == "ready\n")
        #expect(try bench.ask("/find", login).status == 200)
        try bench.server.trail.flush()
        bench.server.files?.inject(.init(number: 0, .full, lasting: true))
        // Somebody looks, and the trail of it cannot be written.
        #expect(try bench.ask("/find", login).status == 200)
        #expect(throws: Failure.self) { try bench.server.trail.flush() }
        let full = try bench.ask("/readyz")
        #expect(full.status == 503 && full.header("Retry-After") != nil)
        #expect(full.text.contains("proofreel status says why"))
        #expect(!full.text.contains("space"), "the cause is for those who may know it")
        #expect(try bench.ask("/healthz").status == 200)
        #expect(try bench.ask("/find", login).status != 200)
        #expect(throws: Failure.self) { try bench.close() }
    }

    @Test func `a server whose disk breaks stores nothing any more, and is not ready`() throws {
        let bench = try WebBench(failing: true)
        #expect(try bench.ask("/readyz").status == 200)
        bench.server.files?.inject(.init(number: 0, .broken, lasting: true))
        #expect(throws: Failure.self) {
            try bench.put(TestLog.picture(1), [("check", ServerBench.check)])
        }
        #expect(bench.server.log.stopped != nil)
        let broken = try bench.ask("/readyz")
        #expect(broken.status == 503 && broken.text.contains("nothing is stored any more"))
        #expect(try bench.ask("/healthz").text == "ok\n")
        #expect(throws: Failure.self) { try bench.close() }
    }
}
