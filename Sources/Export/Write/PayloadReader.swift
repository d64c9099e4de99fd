internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

/// Reads records' bytes on a thread of its own and compares their hashes, some ahead of the writer:
/// both take about as long, and there are two cores at least.
final class PayloadReader: Sendable {
    /// Bytes that may wait for the writer; one larger payload waits alone.
    private static let bytesMax = 8 << 20

    private struct State {
        var wanted: [RecordID] = []
        var next = 0
        /// Announced and not taken.
        var announced: Set<RecordID> = []
        var ready: [RecordID: Result<[UInt8], Failure>] = [:]
        var bytes = 0
        var isOver = false
    }

    private let extract: LogExtract
    private let state = Monitor(State())
    private let thread = Monitor<Thread?>(nil)

    init(_ extract: LogExtract) { self.extract = extract }

    /// What will be asked for, in this order.
    func announce(_ ids: [RecordID]) {
        guard !ids.isEmpty else { return }
        state.withLock { state in
            state.wanted.removeFirst(state.next)
            state.next = 0
            state.wanted += ids
            state.announced.formUnion(ids)
        }
        state.broadcast()
        thread.withLock { thread in
            if thread == nil { thread = Thread(name: "export-read") { [self] in read() } }
        }
    }

    private func read() {
        state.lock()
        while !state.locked.isOver {
            let next = state.locked.next
            guard next < state.locked.wanted.count, state.locked.bytes < Self.bytesMax else {
                state.wait()
                continue
            }
            let id = state.locked.wanted[next]
            state.locked.next = next + 1
            state.unlock()
            let result: Result<[UInt8], Failure>
            do throws(Failure) {
                result = .success(try extract.payload(of: id))
            } catch {
                result = .failure(error)
            }
            state.lock()
            if case .success(let bytes) = result { state.locked.bytes += bytes.count }
            state.locked.ready[id] = result
            state.broadcast()
        }
        state.unlock()
    }

    /// At once, if it was announced; else it is read now.
    func take(_ id: RecordID) throws(Failure) -> [UInt8] {
        state.lock()
        guard state.locked.announced.remove(id) != nil else {
            state.unlock()
            return try extract.payload(of: id)
        }
        while state.locked.ready[id] == nil { state.wait() }
        let result = state.locked.ready.removeValue(forKey: id)
        if case .success(let bytes)? = result { state.locked.bytes -= bytes.count }
        state.broadcast()
        state.unlock()
        guard let result else { throw Failure(.io, "the bytes of \(id) were not read") }
        return try result.get()
    }

    func end() {
        state.withLock { $0.isOver = true }
        state.broadcast()
        thread.withLock { $0.take() }?.join()
    }
}
