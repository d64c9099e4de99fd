import Foundation
import Testing

/// Faults that a sanitizer must report. `.ci/run` sets the variable and fails when nothing is
/// reported, for then the sanitizer watches nothing.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["PROOFREEL_CANARY"] != nil,
        "faults on purpose, for .ci/run asan and .ci/run tsan"))
struct SanitizerCanaryTests {
    @Test func `AddressSanitizer reports a read of freed memory`() {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
        bytes.initialize(repeating: 1, count: 64)
        bytes.deallocate()
        #expect(bytes[63] < 255)
    }

    @Test func `ThreadSanitizer reports two threads that write one number`() {
        nonisolated(unsafe) let number = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        number.initialize(to: 0)
        for _ in 0..<2 {
            Thread {
                // Slowly, so that the two overlap on any machine.
                for _ in 0..<200 {
                    number.pointee += 1
                    usleep(1000)
                }
            }.start()
        }
        Thread.sleep(forTimeInterval: 0.6)
        #expect(number.pointee > 0)
    }
}
