import Glibc

/// Runs a benchmark's comparisons and prints each as soon as it is done.
package enum Bench {
    /// - comparisons: made for a folder to work in and the arguments; they run one after another.
    /// - then: what has no peer to take turns with; says its numbers itself.
    package static func main(
        _ name: String, _ comparisons: (WorkFolder, Arguments) throws -> [Comparison],
        then: (WorkFolder, Arguments) throws -> Void = { _, _ in }
    ) -> Never {
        let arguments: Arguments
        do throws(BenchFailure) {
            arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
        } catch {
            say("bench-\(name): \(error)\n\(Arguments.usage)", to: STDERR_FILENO)
            exit(2)
        }
        do {
            let folder = try WorkFolder(under: arguments.folder)
            defer { folder.remove() }
            for var comparison in try comparisons(folder, arguments) {
                if let only = arguments.only, !comparison.name.contains(only) { continue }
                if arguments.alone { comparison = comparison.subjectAlone }
                let outcome = try comparison.measure(
                    rounds: arguments.rounds, settle: folder.settle)
                if arguments.json {
                    for line in outcome.jsonLines(bench: name) { say(line) }
                } else {
                    say(outcome.table + "\n")
                }
            }
            try then(folder, arguments)
        } catch {
            say("bench-\(name): \(error)", to: STDERR_FILENO)
            exit(1)
        }
        exit(0)
    }
}
