package import Access
package import Anchors
internal import Base
package import Evidence
package import EvidenceFormat
package import Recorder
internal import WireProtocol

/// Where requests are answered: fields and perhaps a body in, an answer out. Knows nothing of
/// sockets; any thread may call it.
package struct Desk: Sendable {
    package let log: EvidenceLog
    /// Nil in a process that serves nobody and works on the directory alone.
    private let served: Served?
    private let knownBook: AccessBook?
    let knownAnchorer: Anchorer?
    private let knownNews: NewsHub?
    let thumbnails = Thumbnails()
    let exports = Exports()
    /// How the server is, as one document.
    package let status: @Sendable () throws -> JSON

    package init(
        log: EvidenceLog, book: AccessBook?, anchorer: Anchorer? = nil, served: Served?,
        status: @escaping @Sendable () throws -> JSON
    ) {
        self.log = log
        self.served = served
        knownBook = book
        knownAnchorer = anchorer
        knownNews = served.map { NewsHub(log, $0.recorder) }
        self.status = status
    }

    /// What only a server has: cameras at work, and the trail of who looked.
    package struct Served: Sendable {
        let recorder: Recorder
        let trail: AccessTrail
        let live: LiveHub
        let floor: Floor?

        package init(recorder: Recorder, trail: AccessTrail, floor: Floor? = nil) {
            self.recorder = recorder
            self.trail = trail
            self.floor = floor
            live = LiveHub(recorder)
        }
    }

    var floor: Floor {
        get throws(Failure) {
            guard let floor = served?.floor else { throw Self.unserved }
            return floor
        }
    }
    /// Nil in a process that serves nobody.
    var knownFloor: Floor? { served?.floor }

    package var recorder: Recorder {
        get throws(Failure) {
            guard let served else { throw Self.unserved }
            return served.recorder
        }
    }
    var book: AccessBook {
        get throws(Failure) {
            guard let knownBook else { throw Self.unserved }
            return knownBook
        }
    }
    var anchorer: Anchorer {
        get throws(Failure) {
            guard let knownAnchorer else { throw Self.unserved }
            return knownAnchorer
        }
    }
    private static let unserved = Failure(
        .refused, "this needs a server; start one: proofreel serve")
    package var live: LiveHub {
        get throws(Failure) {
            guard let served else { throw Self.unserved }
            return served.live
        }
    }
    var news: NewsHub {
        get throws(Failure) {
            guard let knownNews else { throw Self.unserved }
            return knownNews
        }
    }
    /// Nil where nobody but the owner of the files can look.
    package var trail: AccessTrail? { served?.trail }
    var now: WallTime { log.now }

    /// Quick enough for the network thread: no commit, no camera, a few reads of the index.
    static func isQuick(_ operation: Operation, _ payload: Span<UInt8>) -> Bool {
        switch operation {
        case .checkpoint: return true
        case .get: return !isThumbnail(payload)
        case .find:
            do throws(WireError) { return isQuickFind(try Fields(payload)) } catch { return false }
        default: return false
        }
    }

    /// Hits of a search that the network thread takes time for.
    static let quickHitsMax: Int64 = 16

    private static func isThumbnail(_ payload: Span<UInt8>) -> Bool {
        do throws(WireError) {
            return try Fields(payload).text(.form) == thumbnailForm
        } catch {
            return false
        }
    }

    /// A few facts of one check, or of another link.
    private static func isQuickFind(_ fields: borrowing Fields) -> Bool {
        guard let limit = fields.int(.limit), limit <= quickHitsMax else { return false }
        return fields.count(of: .link) == 1 && !fields.has(.camera) && !fields.has(.cursor)
            && fields.text(.form) == "brief"
    }

    /// Whether a body of bytes follows the request.
    static func takesBody(_ operation: Operation) -> Bool {
        operation == .put || operation == .export
    }

    func perform(
        _ operation: Operation, _ payload: [UInt8], body: [UInt8], for caller: Caller
    ) throws -> Answer {
        let fields = try Fields(payload.span)
        switch operation {
        case .status:
            try require(.status, of: caller, for: .status, on: "")
            return document(try status())
        case .get: return try get(fields, caller)
        case .find: return try find(fields, caller)
        case .show: return try show(fields, caller)
        case .put: return try put(fields, body, caller)
        case .snap: return try snap(fields, caller)
        case .clip: return try clip(fields, caller)
        case .link: return try link(fields, caller)
        case .unlink: return try unlink(fields, caller)
        case .close: return try close(fields, caller)
        case .hold: return try hold(fields, caller)
        case .unhold: return try unhold(fields, caller)
        case .holds: return try holds(caller)
        case .retention: return try retention(caller)
        case .retentionSet: return try retentionSet(fields, caller)
        case .retentionPreview: return try retentionPreview(fields, caller)
        case .retentionEvent: return try retentionEvent(fields, caller)
        case .retentionErase: return try retentionErase(fields, caller)
        case .retentionApply: return try retentionApply(fields, caller)
        case .prove: return try prove(fields, caller)
        case .consistency: return try consistency(fields)
        case .checkpoint: return checkpoint()
        case .keys: return keys()
        case .audit: return try audit(fields, caller)
        case .cameraList, .cameraShow, .cameraAdd, .cameraSet, .cameraRemove, .cameraOn,
            .cameraOff, .cameraTest, .cameraDiscover:
            return try performOnCameras(operation, fields, caller)
        case .userList, .userAdd, .userSet, .userRemove, .userPassword, .tokenList, .tokenAdd,
            .tokenRevoke, .machineList, .machineAdd, .machineRemove:
            return try performOnIdentities(operation, fields, caller)
        case .anchorList, .anchorAdd, .anchorRemove, .anchorNow, .bracket:
            return try performOnAnchors(operation, fields, caller)
        case .pointList, .pointShow, .pointAdd, .pointSet, .pointRemove:
            return try performOnPoints(operation, fields, caller)
        case .auditReport: return try auditReport(fields, caller)
        case .checkReach, .checkTake, .checkShow, .checkList:
            return try performOnChecks(operation, fields, caller)
        case .centreList, .centreShow, .centreAdd, .centreSet, .centreRemove, .triggerAdd,
            .triggerMove, .triggerRemove, .press, .inputList:
            return try performOnCentres(operation, fields, caller)
        case .roomList, .roomAdd, .roomSet, .roomRemove, .ask:
            return try performOnRooms(operation, fields, caller)
        case .graphic: return try graphic(fields, caller)
        case .cameraLive, .watch, .export:
            throw WireError(
                .unsupported, "\(operation) goes on for a while, and needs a connection")
        }
    }

    func document(_ json: JSON) -> Answer {
        var answer = Answer()
        answer.reply.add(.document, text(json))
        return answer
    }

    func text(_ json: JSON) -> String { String(decoding: json.encode(), as: UTF8.self) }
}

extension Fields {
    func required(_ key: FieldKey, _ what: String) throws(WireError) -> String {
        guard let text = text(key) else { throw WireError(.invalid, "give \(what)") }
        return text
    }

    func recordID() throws(WireError) -> RecordID? {
        guard let text = text(.id) else { return nil }
        guard let id = RecordID(text) else {
            throw WireError(.invalid, "\(text) is no record id; ids look like 0192f0c4-…")
        }
        return id
    }

    func requiredID() throws(WireError) -> RecordID {
        guard let id = try recordID() else { throw WireError(.invalid, "give the record's id") }
        return id
    }

    func reason() throws(WireError) -> String {
        try required(.reason, "a reason; it stands in the log for ever")
    }

    private func linkTexts() throws(WireError) -> [(kind: String, value: String)] {
        var found: [(String, String)] = []
        for pair in pairs(.link, at: UInt8(ascii: "=")) {
            guard let pair else {
                throw WireError(
                    .invalid, "a link is written kind=value, such as check=odoo:x/quality.check/17")
            }
            found.append(pair)
        }
        return found
    }

    func links() throws -> [Link] {
        try linkTexts().map { try Link(kind: $0.kind, value: $0.value) }
    }

    func linkKeys() throws(WireError) -> [Query.LinkKey] {
        try linkTexts().map { Query.LinkKey(kind: $0.kind, value: $0.value) }
    }

    func time(_ key: FieldKey) -> WallTime? { int(key).map { WallTime(microseconds: $0) } }
}
