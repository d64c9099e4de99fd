import BenchHarness
import BenchPeers
import Base
import Linux

/// 10,000 pictures of 200 KB as one ZIP, beside `cp` of that ZIP; and verified, beside OpenSSL's
/// SHA-256 of it on both cores at once.
struct BundleOfPictures {
    private let folder: WorkFolder
    private let arguments: Arguments
    private let pictures: Int
    private static let bytes = 200_000

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
        pictures = arguments.quick ? 100 : 10_000
    }

    func run() throws {
        let log = "\(folder.path)/log"
        try PictureLog.fill(log, pictures: pictures, bytes: Self.bytes)
        var writing = Figures(
            "\(pictures) x 200 KB, one ZIP",
            [
                .init("MB/s", unit: "MB/s", digits: 0, compared: true),
                .init("first byte ms", unit: "ms", digits: 1),
                .init("memory MB", unit: "MB", digits: 0),
            ])
        var verifying = Figures(
            "that ZIP verified, two cores",
            [
                .init("MB/s", unit: "MB/s", digits: 0, compared: true),
                .init("memory MB", unit: "MB", digits: 0),
            ])
        let rounds = arguments.choseRounds ? arguments.rounds : min(arguments.rounds, 3)
        for round in 0...rounds {
            folder.settle()
            let bundle = "\(folder.path)/bundle.zip"
            let (bytes, seconds, first, memory) = try export(log, to: bundle)
            folder.settle()
            let copied = try copy(bundle, to: "\(folder.path)/copy.zip")
            try RealFileSystem().remove("\(folder.path)/copy.zip")
            folder.settle()
            let least = try floor(bundle, to: "\(folder.path)/copy.zip")
            // The first round reads the log from the disk, later ones from memory, as cp does.
            let (verified, room) = try verify(bundle)
            let hashed = try hash(bundle)
            if round > 0 {
                verifying.add("ours", [bytes / verified / 1e6, room / 1e6])
                verifying.add("SHA-256", [2 * bytes / hashed / 1e6, .nan])
                writing.add("ours", [bytes / seconds / 1e6, first, memory / 1e6])
                writing.add("cp", [bytes / copied / 1e6, .nan, .nan])
                writing.add("floor, C, two threads", [bytes / least / 1e6, .nan, .nan])
            }
            try RealFileSystem().remove("\(folder.path)/copy.zip")
            try RealFileSystem().remove(bundle)
        }
        writing.print(arguments, bench: "export")
        verifying.print(arguments, bench: "export")
    }

    private func verify(_ bundle: String) throws -> (seconds: Double, memory: Double) {
        let child = try Child(["/proc/self/exe", Exporter.verifying, bundle, folder.path])
        let numbers = try child.line(seconds: 600).split(separator: " ").compactMap {
            Double($0)
        }
        child.end()
        guard numbers.count == 2 else { throw BenchFailure("the verifier said nothing") }
        return (numbers[0], numbers[1])
    }

    /// Two programs at once, each over all of it: what both cores can hash.
    private func hash(_ file: String) throws -> Double {
        let start = Meter.nanoseconds
        let both = try (0..<2).map { _ in try Child(["openssl", "dgst", "-sha256", file]) }
        for one in both { _ = try one.line(seconds: 600) }
        let seconds = Double(Meter.nanoseconds - start) / 1e9
        for one in both { one.end() }
        return seconds
    }

    private func export(
        _ log: String, to bundle: String
    ) throws -> (bytes: Double, seconds: Double, first: Double, memory: Double) {
        let child = try Child(["/proc/self/exe", Exporter.writing, log, bundle])
        let numbers = try child.line(seconds: 600).split(separator: " ").compactMap {
            Double($0)
        }
        child.end()
        guard numbers.count == 4 else { throw BenchFailure("the export said nothing") }
        return (numbers[0], numbers[1], numbers[2], numbers[3])
    }

    /// Nothing but what every bundle must do: read and SHA-256 on one core, CRC-32 and write on the
    /// other.
    private func floor(_ file: String, to target: String) throws -> Double {
        var result = peer_result()
        guard peer_bundle(file, target, Self.bytes, &result) == 0 else {
            throw BenchFailure("the floor of a bundle could not be written")
        }
        return result.wall_seconds
    }

    private func copy(_ file: String, to target: String) throws -> Double {
        let start = Meter.nanoseconds
        guard Child.run(["cp", file, target], seconds: 600) else {
            throw BenchFailure("cp failed")
        }
        return Double(Meter.nanoseconds - start) / 1e9
    }
}
