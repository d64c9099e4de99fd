package import Base
internal import Evidence
internal import EvidenceFormat
internal import Crypto
internal import Linux

/// Presses that have no picture yet, each a small file in `DATADIR/factory/presses`, so that one
/// survives the end of this process: the picture is then taken from the ring, of the instant of the
/// press.
///
/// 1. create and sync the file   crash after: taken at the next start, under the same request id
/// 2. take the picture           crash after: the same; the log answers with the first one
/// 3. remove the file
package final class PressJournal: Sendable {
    private static let bytesMax = 64 << 10
    /// Presses that wait for their picture.
    package static let countMax = 1000

    private let folder: String
    private let files = RealFileSystem()

    package init(dataDirectory: String) throws(Failure) {
        folder = "\(dataDirectory)/factory/presses"
    }

    /// Durable when it returns. A press that is there already stays as it was.
    package func put(_ press: PendingShot) throws(Failure) -> PendingShot {
        try files.createDirectory(folder)
        let path = path(of: press)
        if files.exists(path) {
            do throws(Failure) {
                return try read(path)
            } catch {
                // Cut off by the end of a process that had not begun to take the picture.
                try files.remove(path)
            }
        }
        guard try files.list(folder).count < Self.countMax else {
            throw Failure(
                .busy,
                "\(Self.countMax) presses wait for their pictures; the server's lines say why")
        }
        do {
            try files.create(path, press.json.encode())
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            return try read(path)
        }
        return press
    }

    package func remove(_ press: PendingShot) throws(Failure) {
        let path = path(of: press)
        if files.exists(path) { try files.remove(path) }
    }

    /// What an earlier process left, in the order of their instants; what cannot be read is told.
    package func left() throws(Failure) -> (presses: [PendingShot], damaged: [String]) {
        guard files.exists(folder) else { return ([], []) }
        var presses: [PendingShot] = []
        var damaged: [String] = []
        for name in try files.list(folder) {
            do throws(Failure) {
                presses.append(try read("\(folder)/\(name)"))
            } catch {
                damaged.append(error.words)
            }
        }
        return (presses.sorted { $0.at < $1.at }, damaged)
    }

    private func path(of press: PendingShot) -> String {
        "\(folder)/\(SHA256.hash(Array(press.request.utf8).span).hex).json"
    }

    private func read(_ path: String) throws(Failure) -> PendingShot {
        let bytes = try files.contents(of: path, limit: Self.bytesMax)
        do throws(Failure) {
            return try PendingShot(JSON(parsing: bytes.span, bytesMax: Self.bytesMax))
        } catch {
            throw Failure(.corrupt, "\(path): \(error.words); look at it and remove it")
        }
    }
}
