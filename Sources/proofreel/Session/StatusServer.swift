internal import Anchors
internal import Base
internal import EvidenceFormat
internal import Linux
internal import Synchronization

/// Answers on `DATADIR/status.sock`: one status document for each connection, then it closes. One
/// thread, one caller at a time; a caller that does not read is left after a second.
final class StatusServer: Sendable {
    /// Counting bytes walks the folder, so it is not done for every caller.
    private static let countNanoseconds: UInt64 = 10_000_000_000

    private struct Counted {
        var bytes: UInt64 = 0
        var at: UInt64?
    }

    private let session: Session
    private let anchored: UInt64?
    private let anchorer: Anchorer
    private let socket: LocalSocket
    private let ending = Atomic<Bool>(false)
    private let thread = Mutex<Thread?>(nil)
    private let counted = Mutex(Counted())

    init(_ session: Session, anchored: UInt64?, _ anchorer: Anchorer) throws(Failure) {
        self.session = session
        self.anchored = anchored
        self.anchorer = anchorer
        socket = try LocalSocket(listeningAt: session.directory.socket)
        thread.withLock { thread in
            thread = Thread(name: "status") { [self] in
                while !ending.load(ordering: .relaxed) {
                    socket.answer(within: 200) { answer() }
                }
            }
        }
    }

    func end() {
        ending.store(true, ordering: .relaxed)
        thread.withLock { $0.take() }?.join()
        socket.remove()
    }

    func document() throws -> JSON {
        try StatusReport.make(
            session, served: true, anchored: anchored, anchors: anchorer.reports(),
            used: usedBytes())
    }

    private func answer() -> [UInt8] {
        do {
            return try document().encode() + [0x0A]
        } catch {
            let words: JSON = .string("\(error)")
            return JSON.object(JSONObject([("error", words)])).encode() + [0x0A]
        }
    }

    private func usedBytes() throws(Failure) -> UInt64 {
        let now = SystemClock().monotonicNanoseconds
        return try counted.withLock { counted throws(Failure) in
            if let at = counted.at, now - at < Self.countNanoseconds { return counted.bytes }
            counted.bytes = try DiskUse.of(session.directory.path)
            counted.at = now
            return counted.bytes
        }
    }
}
