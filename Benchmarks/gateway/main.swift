import BenchHarness
import Glibc

/// Pictures over HTTP at addresses that an ERP keeps, beside a web server's files; and the list of
/// a check's pictures.
if let role = GatewayRole(CommandLine.arguments) {
    do {
        try role.run()
        exit(0)
    } catch {
        say("bench-gateway, serving: \(error)", to: STDERR_FILENO)
        exit(1)
    }
}

Bench.main("gateway") { _, _ in
    []
} then: { folder, arguments in
    let measures = Getting.all.filter { measure in
        // Without a large log there are no more than a thousand checks.
        (arguments.leaves != nil || measure.kinds == .max)
            && (arguments.only.map { measure.name.contains($0) } ?? true)
    }
    try Getting.run(measures, folder, arguments)
}
