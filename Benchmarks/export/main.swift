import BenchHarness
import Glibc

if let word = CommandLine.arguments.dropFirst().first, Exporter.words.contains(word) {
    do {
        try Exporter.run(word, Array(CommandLine.arguments.dropFirst(2)))
        exit(0)
    } catch {
        say("bench-export: \(error)", to: STDERR_FILENO)
        exit(1)
    }
}

/// A bundle of many pictures beside a copy of the same bytes: what it takes to take evidence away.
Bench.main("export") { _, _ in
    []
} then: { folder, arguments in
    try BundleOfPictures(folder, arguments).run()
}
