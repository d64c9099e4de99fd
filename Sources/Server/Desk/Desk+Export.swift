package import Access
internal import Anchors
internal import Archive
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Export
internal import Linux
internal import Recorder
package import WireProtocol

/// Bundles, written while they are sent.
extension Desk {
    /// What is asked for, once the caller may have it and the trail says so.
    private struct Order: Sendable {
        let request: BundleRequest
        let extract: LogExtract
        /// As it stands in the trail.
        let target: String
        let offset: Int
        let known: Digest?
    }

    func export(
        _ fields: borrowing Fields, _ body: [UInt8], _ caller: Caller,
        _ wake: @escaping @Sendable () -> Void
    ) throws -> Answer {
        let wish = try ExportWish(fields, body)
        let mayExport: FeedRight = { caller throws(Failure) in
            try check(caller, .export, wish.target) { identity throws(Failure) in
                try identity.require(
                    .export,
                    camera: identity.cameras == nil
                        ? wish.camera : CameraConfig.mainID(of: wish.camera ?? ""))
            }
        }
        try mayExport(caller)
        let order = try order(wish, caller)
        try exports.begin()
        let pipe = BytePipe(wake: wake)
        Thread(name: "export") { [self] in
            defer { exports.end() }
            do throws(Failure) {
                try write(order) { bytes throws(Failure) in try pipe.put(bytes) }
                pipe.finish(nil)
            } catch {
                pipe.finish(WireError(error))
            }
        }.detach()
        var answer = Answer()
        answer.reply = reply(order)
        answer.feed = PipeFeed(pipe)
        answer.feedRight = mayExport
        return answer
    }

    /// For a program that has the log open itself.
    package func export(
        _ fields: FieldWriter, ids: [UInt8], as identity: Identity,
        reply take: ([UInt8]) throws -> Void,
        _ sink: (Span<UInt8>) throws -> Void
    ) throws {
        let caller = Caller(identity: identity, peer: "local", session: "cli")
        let order = try order(ExportWish(Fields(fields.bytes.span), ids), caller)
        try take(reply(order).bytes)
        var stopped: (any Error)?
        do throws(Failure) {
            try write(order) { bytes throws(Failure) in
                do {
                    try sink(bytes)
                } catch {
                    stopped = error
                    throw Failure(.io, "the bundle could not be passed on")
                }
            }
        } catch {
            throw stopped ?? error
        }
    }

    private func order(_ wish: ExportWish, _ caller: Caller) throws -> Order {
        try note(caller, .export, wish.target)
        // The bundle tells of its own making, so the log has to have it first.
        try trail?.flush()
        let extract = try LogExtract(log, at: wish.note)
        var request = BundleRequest(
            wish.wanted, wish.container, by: caller.identity.actor, at: wish.at ?? now)
        request.since = wish.since
        return Order(
            request: request, extract: extract, target: wish.target, offset: wish.offset,
            known: wish.known)
    }

    private func reply(_ order: Order) -> FieldWriter {
        var reply = FieldWriter()
        let ending = order.request.container.rawValue
        reply.add(.name, "\(order.request.baseName).\(ending)")
        reply.add(.note, String(decoding: order.extract.note.encode(), as: UTF8.self))
        reply.add(.instant, order.request.at.microseconds)
        reply.add(.offset, Int64(order.offset))
        reply.add(.mime, ending == "zip" ? "application/zip" : "application/zstd")
        return reply
    }

    private func write(
        _ order: Order, _ pass: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var rest = Remainder(from: order.offset, expecting: order.known)
        try withoutActuallyEscaping(pass) { pass throws(Failure) in
            let writer = try BundleWriter(
                order.extract, order.request, anchors: anchors(order), custody: custody(order)
            ) {
                bytes throws(Failure) in
                try rest.take(bytes, pass)
            }
            try writer.run()
        }
        try rest.requireReached()
    }

    private func anchors(_ order: Order) -> BundleWriter.Anchors {
        { [anchorer = knownAnchorer] leaves throws(Failure) in
            guard let archive = anchorer?.archive else { return [] }
            let size = order.extract.checkpoint.size
            return try archive.files(around: leaves, upTo: size).map { file throws(Failure) in
                var files = [(file.type == .stamp ? "tsr" : "note", file.bytes)]
                if !file.chain.isEmpty { files.append(("pem", file.chain)) }
                if let list = file.revocations { files.append(("crl", list)) }
                return BundleAnchor(
                    size: file.size, name: file.source,
                    checkpoint: try SignedNote(parsing: file.checkpoint), leaf: file.index,
                    files: files)
            }
        }
    }

    private func custody(_ order: Order) -> BundleWriter.Custody {
        { [log] from, concerns, take throws(Failure) in
            var query = TrailQuery()
            query.from = from
            var failure: Failure?
            let size = order.extract.checkpoint.size
            try query.run(log) { line, position in
                guard position.leaf < size else { return false }
                let entry = line.entry
                let isThis = entry.what == .export && entry.target.hasSameBytes(as: order.target)
                guard isThis || concerns(entry.target) else { return true }
                do throws(Failure) {
                    try take(line.json, position.leaf)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
            if let failure { throw failure }
        }
    }
}

/// A request for a bundle, read.
private struct ExportWish {
    let wanted: BundleRequest.Wanted
    let container: Container
    let camera: String?
    let target: String
    let note: SignedNote?
    let at: WallTime?
    let offset: Int
    let known: Digest?
    let since: [SignedNote]

    init(_ fields: borrowing Fields, _ body: [UInt8]) throws {
        var query = Query()
        query.links = try fields.linkKeys()
        query.camera = fields.text(.camera)
        query.from = fields.time(.from)
        query.to = fields.time(.to)
        camera = query.camera
        let ids = try Self.ids(body)
        let hasFilter =
            !query.links.isEmpty || query.camera != nil || query.from != nil || query.to != nil
        guard hasFilter != !ids.isEmpty else {
            throw WireError(
                .invalid,
                "say what to export: links, a camera or a time; or a list of record ids alone")
        }
        if ids.isEmpty {
            wanted = .query(query)
            target = TrailEntry.target(of: query)
        } else {
            wanted = .ids(ids)
            target = "\(ids[0])" + (ids.count > 1 ? " and \(ids.count - 1) more" : "")
        }
        guard let container = Container(rawValue: fields.text(.form) ?? "zip") else {
            throw WireError(.unsupported, "a bundle is a zip or a tar.zst")
        }
        self.container = container
        note = try fields.text(.note).map { text throws(Failure) in
            try SignedNote(parsing: Array(text.utf8))
        }
        at = fields.time(.instant)
        offset = Int(clamping: fields.int(.offset) ?? 0)
        known = fields.bytes(.sha256).flatMap { $0.count == 32 ? Digest($0) : nil }
        guard offset == 0 || (offset > 0 && note != nil && at != nil && known != nil) else {
            throw WireError(
                .invalid, "to go on, give note and instant of the beginning, its length and hash")
        }
        since = try fields.texts(.since).map { text throws(Failure) in
            try SignedNote(parsing: Array(text.utf8))
        }
    }

    private static func ids(_ body: [UInt8]) throws(WireError) -> [RecordID] {
        var ids: [RecordID] = []
        for line in body.split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            guard let id = RecordID(text) else {
                throw WireError(.invalid, "\(text.prefix(60)) is no record id")
            }
            ids.append(id)
        }
        guard ids.count <= BundleRequest.idsMax else {
            throw WireError(
                .tooLarge, "a list has at most \(BundleRequest.idsMax) ids; export it in parts")
        }
        return ids
    }
}
