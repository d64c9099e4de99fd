internal import Recorder
internal import Synchronization

/// What a serving process has open, for the commands that it runs on behalf of callers.
struct Serving: Sendable {
    let session: Session
    let recorder: Recorder
    let access: AccessDesk

    private static let shared = Mutex<Serving?>(nil)

    /// Nil in a process that serves nothing.
    static var current: Serving? { shared.withLock { $0 } }

    static func begin(_ serving: Serving) { shared.withLock { $0 = serving } }
    static func end() { shared.withLock { $0 = nil } }
}
