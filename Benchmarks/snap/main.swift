import BenchHarness

/// Pictures of an instant, from the asking until they are durable evidence, beside the least that
/// such a picture takes.
Bench.main("snap") { _, _ in
    []
} then: { folder, arguments in
    func isWanted(_ name: String) -> Bool { arguments.only.map { name.contains($0) } ?? true }
    if isWanted("MJPEG") { try IntraSnaps(folder, arguments).run() }
    for gop in [25, 50] where isWanted("H.264 GOP \(gop)") {
        try VideoSnaps(folder, arguments, gop: gop).run()
    }
    if isWanted("at once") { try SnapsAtOnce(folder, arguments).run() }
}
