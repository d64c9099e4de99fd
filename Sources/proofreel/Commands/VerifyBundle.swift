internal import Base
internal import EvidenceFormat
internal import Export
internal import Linux
internal import TimeStamp

/// Runs the verifier on a bundle.
struct BundleVerifying {
    private let arguments: Arguments
    private var path: String { arguments.positionals[0] }

    init(_ arguments: Arguments) { self.arguments = arguments }

    /// A bundle is a file, or a folder with a bag's declaration.
    static func isBundle(_ path: String) -> Bool {
        do throws(Failure) {
            switch try FileStatus(path).kind {
            case .file: return true
            case .directory: return RealFileSystem().exists("\(path)/bagit.txt")
            case .other: return false
            }
        } catch {
            return false
        }
    }

    func run(_ console: Console) throws -> ExitCode {
        var request = BundleCheck.Request(rootKey: try rootKey())
        request.kept = try kept()
        request.witnesses = try arguments.all("witness").map { text throws in
            try CosignerKey(text)
        }
        for path in arguments.all("trust-tsa") {
            let pem = try RealFileSystem().contents(of: path, limit: Certificates.bytesMax)
            request.timeStampRoots = request.timeStampRoots.adding(try Certificates(pem: pem))
        }
        let progress = ByteProgress("verifying")
        request.progress = { progress.at($0, of: $1) }
        let result = try ScratchFolder.use(below: arguments.value("scratch")) { scratch in
            defer { progress.end() }
            return try BundleCheck.run(path, scratchPath: scratch, request)
        }
        if arguments.has("json") {
            console.print(BundleVerdict(result).json)
        } else {
            for line in BundleVerdict(result).lines(console) { console.print(line) }
        }
        return ExitCode(rawValue: result.verdict.exitCode) ?? .failed
    }

    private func rootKey() throws -> VerifierKey? {
        guard let text = arguments.value("root") else { return nil }
        do throws(Failure) {
            return try VerifierKey(text)
        } catch {
            throw Failure(.invalid, "--root \(text) is no key: \(error.words)")
        }
    }

    private func kept() throws -> [SignedNote] {
        let files = RealFileSystem()
        func note(
            _ path: String, _ what: String, _ parse: ([UInt8]) throws(Failure) -> SignedNote
        ) throws -> SignedNote {
            let bytes = try files.contents(of: path, limit: LogProof.bytesMax)
            do throws(Failure) {
                return try parse(bytes)
            } catch {
                throw Failure(.invalid, "\(path) is no \(what): \(error.words)")
            }
        }
        let checkpoints = try arguments.all("checkpoint").map { path in
            try note(path, "checkpoint") { bytes throws(Failure) in
                try SignedNote(parsing: bytes)
            }
        }
        return try checkpoints
            + arguments.all("receipt").map { path in
                try note(path, "receipt") { bytes throws(Failure) in
                    try LogProof(parsing: bytes).checkpoint
                }
            }
    }
}
