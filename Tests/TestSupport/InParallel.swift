internal import Linux

/// Runs `body` on so many threads of its own and rethrows the first failure. Tasks would not do:
/// what blocks must not sit on the pool that runs the other tests.
package func inParallel(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Void
) throws {
    let failures = Failures()
    let threads = (0..<count).map { i in
        Thread(name: "test-\(i)") {
            do { try body(i) } catch { failures.add(error) }
        }
    }
    for thread in threads { thread.join() }
    if let first = failures.first { throw first }
}

private final class Failures: Sendable {
    private let errors = Monitor<[any Error]>([])
    func add(_ error: any Error) { errors.withLock { $0.append(error) } }
    var first: (any Error)? { errors.withLock { $0.first } }
}
