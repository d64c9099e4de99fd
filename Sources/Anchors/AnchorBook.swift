package import Base
internal import EvidenceFormat
internal import Linux

/// Who is asked, in `DATADIR/anchors/sources.json`: one file that is replaced as a whole. Any
/// thread.
package final class AnchorBook: Sendable {
    package static let countMax = 8
    private static let bytesMax = 4 << 20

    private let folder: String
    private let files = RealFileSystem()
    private let sources: Monitor<[AnchorSource]>

    package init(dataDirectory: String) throws(Failure) {
        folder = "\(dataDirectory)/\(AnchorFolder.name)"
        let read = try Self.read("\(folder)/\(AnchorFolder.sourcesFile)", files)
        sources = Monitor(read)
    }

    package var all: [AnchorSource] { sources.withLock { $0 } }

    package func source(_ name: String) throws(Failure) -> AnchorSource {
        let all = self.all
        if let found = all.first(where: { $0.name == name }) { return found }
        let known = all.map(\.name).joined(separator: ", ")
        throw Failure(
            .notFound,
            "there is no anchor \(name)"
                + (all.isEmpty
                    ? "; add one: proofreel anchor add tsa NAME URL --ca FILE"
                    : "; there are: \(known)"))
    }

    package func add(_ source: AnchorSource) throws(Failure) {
        try change { all throws(Failure) in
            guard !all.contains(where: { $0.name == source.name }) else {
                throw Failure(
                    .alreadyExists,
                    "there is an anchor \(source.name) already; remove it first, or choose another"
                        + " name")
            }
            guard all.count < Self.countMax else {
                throw Failure(.refused, "there are \(Self.countMax) anchors; no more fit")
            }
            return all + [source]
        }
    }

    package func remove(_ name: String) throws(Failure) {
        _ = try source(name)
        try change { all throws(Failure) in all.filter { $0.name != name } }
    }

    private func change(
        _ body: ([AnchorSource]) throws(Failure) -> [AnchorSource]
    ) throws(Failure) {
        try sources.withLock { sources throws(Failure) in
            let changed = try body(sources)
            try files.createDirectory(folder)
            let json = JSON.object(
                JSONObject([("v", .int(1)), ("sources", .array(changed.map(\.json)))]))
            try files.replace("\(folder)/\(AnchorFolder.sourcesFile)", json.encode())
            sources = changed
        }
    }

    private static func read(
        _ path: String, _ files: RealFileSystem
    ) throws(Failure) -> [AnchorSource] {
        guard files.exists(path) else { return [] }
        let bytes = try files.contents(of: path, limit: bytesMax)
        do throws(Failure) {
            let json = try JSON(parsing: bytes.span, bytesMax: bytesMax)
            guard json.object?["v"]?.int == 1 else {
                throw Failure(.unsupported, "it was written by a newer version; update proofreel")
            }
            var sources: [AnchorSource] = []
            for entry in json.object?["sources"]?.array ?? [] {
                sources.append(try AnchorSource(entry))
            }
            return sources
        } catch {
            throw Failure(error.kind, "\(path): \(error.words)")
        }
    }
}
