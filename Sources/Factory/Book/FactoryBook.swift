package import Base
internal import EvidenceFormat
internal import Linux

/// Control points, work centres and rooms, in `DATADIR/factory/factory.json`: one file that is
/// replaced as a whole. Any thread may call any method.
package final class FactoryBook: Sendable {
    private static let bytesMax = 16 << 20

    private let folder: String
    private let files = RealFileSystem()
    private let state: Monitor<FactoryContents>

    package init(dataDirectory: String) throws(Failure) {
        folder = "\(dataDirectory)/factory"
        state = Monitor(FactoryContents())
        let read = try Self.read("\(folder)/factory.json", files)
        state.withLock { $0 = read }
    }

    package var contents: FactoryContents { state.withLock { $0 } }

    /// Durable when it returns; nothing has changed when it throws.
    package func change<R>(
        _ body: (inout FactoryContents) throws(Failure) -> R
    ) throws(Failure) -> R {
        try state.withLock { contents throws(Failure) in
            var changed = contents
            let result = try body(&changed)
            guard changed != contents else { return result }
            try files.createDirectory(folder)
            try files.replace("\(folder)/factory.json", changed.json.encode())
            contents = changed
            return result
        }
    }

    private static func read(
        _ path: String, _ files: RealFileSystem
    ) throws(Failure) -> FactoryContents {
        guard files.exists(path) else { return FactoryContents() }
        let bytes = try files.contents(of: path, limit: bytesMax)
        do throws(Failure) {
            return try FactoryContents(JSON(parsing: bytes.span, bytesMax: bytesMax))
        } catch {
            throw Failure(
                error.kind == .unsupported ? .unsupported : .corrupt,
                "\(path): \(error.words); restore it from a copy, or move it away and set the"
                    + " points up again")
        }
    }
}
