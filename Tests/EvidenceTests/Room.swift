import Base
import Evidence
import EvidenceFormat
import TestSupport

/// A log in a folder of its own, with a clock that the test sets.
final class Room {
    let folder: Scratch
    let clock: ManualClock
    let options: EvidenceLog.Options
    private(set) var log: EvidenceLog
    private(set) var report: RecoveryReport

    init(
        _ clock: ManualClock = ManualClock(), in folder: Scratch = Scratch(),
        options: EvidenceLog.Options = TestLog.options()
    ) throws {
        self.folder = folder
        self.clock = clock
        self.options = options
        (log, report) = try TestLog.open(folder.path, clock: clock, options: options)
    }

    /// Ends in order and starts again; `between` runs while nobody has the store open.
    func reopen(_ between: () throws -> Void = {}) throws {
        try log.close()
        try between()
        (log, report) = try TestLog.open(folder.path, clock: clock, options: options)
    }

    /// One picture taken now.
    func add(
        _ number: Int, camera: String = "cam-1", _ links: [Link] = [], request: String? = nil
    ) throws -> Receipt {
        try TestLog.add(
            log, number, camera: camera, links: links, at: clock.now, request: request)
    }

    func find(_ kind: String, _ value: String) throws -> [RecordID] {
        var query = Query()
        query.links = [.init(kind: kind, value: value)]
        query.newestFirst = false
        return try log.find(query).hits.map(\.leaf.id)
    }

    func find(_ link: Link) throws -> [RecordID] { try find(link.kind, link.value) }

    func leaves(_ kind: LeafKind) throws -> [Leaf] {
        try (0..<log.size).map { try log.leaf(at: $0) }.filter { $0.kind == kind }
    }

    /// The kind of failure that `body` ends in; nil when it does not fail.
    func refusal(_ body: (EvidenceLog) throws -> Void) -> Failure? {
        do {
            try body(log)
            return nil
        } catch {
            return error as? Failure
        }
    }
}

extension Link {
    static func order(_ value: String, refs: [String] = []) throws -> Link {
        try Link(kind: "work-order", value: value, refs: refs)
    }
    static func operatorName(_ value: String, refs: [String] = []) throws -> Link {
        try Link(kind: "operator", value: value, refs: refs)
    }
    static func check(_ value: String, refs: [String] = []) throws -> Link {
        try Link(kind: "check", value: value, refs: refs)
    }
}
