import BenchHarness
import Glibc

/// What recording costs: cameras over RTSP into rings, beside what people use and the least that a
/// program must do; and the allocations on a frame's way into a ring.
if try Role.run() { exit(0) }

Bench.main("ingest") { _, _ in
    []
} then: { folder, arguments in
    let only = arguments.only
    if only == nil || "RTSP recording".contains(only ?? "") {
        try Recording(folder, arguments).run()
    }
    if only == nil || "fill".contains(only ?? "") { try FillPath(arguments).run() }
}
