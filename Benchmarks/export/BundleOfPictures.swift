import BenchHarness
import Base
import Linux

/// 10,000 pictures of 200 KB as one ZIP, beside `cp` of that ZIP.
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
        let rounds = arguments.choseRounds ? arguments.rounds : min(arguments.rounds, 3)
        for round in 0...rounds {
            folder.settle()
            let bundle = "\(folder.path)/bundle.zip"
            let (bytes, seconds, first, memory) = try export(log, to: bundle)
            folder.settle()
            let copied = try copy(bundle, to: "\(folder.path)/copy.zip")
            // The first round reads the log from the disk, later ones from memory, as cp does.
            if round > 0 {
                writing.add("ours", [bytes / seconds / 1e6, first, memory / 1e6])
                writing.add("cp", [bytes / copied / 1e6, .nan, .nan])
            }
            try RealFileSystem().remove("\(folder.path)/copy.zip")
            try RealFileSystem().remove(bundle)
        }
        writing.print(arguments, bench: "export")
    }

    private func export(
        _ log: String, to bundle: String
    ) throws -> (bytes: Double, seconds: Double, first: Double, memory: Double) {
        let child = try Child(["/proc/self/exe", Exporter.word, log, bundle])
        let numbers = try child.line(seconds: 600).split(separator: " ").compactMap {
            Double($0)
        }
        child.end()
        guard numbers.count == 4 else { throw BenchFailure("the export said nothing") }
        return (numbers[0], numbers[1], numbers[2], numbers[3])
    }

    private func copy(_ file: String, to target: String) throws -> Double {
        let start = Meter.nanoseconds
        guard Child.run(["cp", file, target], seconds: 600) else {
            throw BenchFailure("cp failed")
        }
        return Double(Meter.nanoseconds - start) / 1e9
    }
}
