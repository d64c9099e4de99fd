import BenchHarness
import Glibc

/// Cameras recorded to the disk, by several recorders in turn, each watched in its steady state.
struct Recording {
    let folder: WorkFolder
    let arguments: Arguments
    let cameras: Int
    let seconds: Int
    let rounds: Int

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
        cameras = arguments.cameras ?? (arguments.quick ? 5 : 50)
        seconds = arguments.seconds ?? (arguments.quick ? 5 : 20)
        rounds = arguments.choseRounds ? arguments.rounds : arguments.quick ? 1 : 3
    }

    func run() throws {
        let farm = try Farm(folder, cameras: cameras)
        defer { farm.end() }
        if !arguments.json { say(farm.words) }
        var figures = Figures(
            "\(cameras) cameras to disk",
            [
                .init("CPU-s/camera-minute", unit: "s", digits: 3, compared: true),
                .init("MB/camera", unit: "MB", digits: 1, compared: true),
                .init("frames got, %", unit: "%", digits: 1),
                .init("frames lost", unit: "1", digits: 0),
                .init("farm, cores", unit: "1"),
            ])
        let recorders = contenders()
        for round in 0..<rounds {
            for recorder in round % 2 == 0 ? recorders : recorders.reversed() {
                folder.settle()
                let values = try watch(recorder, farm)
                figures.add(recorder.name, values)
                let text = values.map { $0.fixed(3) }.joined(separator: ", ")
                say("  round \(round + 1), \(recorder.name): \(text)", to: STDERR_FILENO)
            }
        }
        figures.print(arguments, bench: "ingest")
    }

    private func contenders() -> [RecorderKind] {
        if arguments.alone { return [.ours] }
        var all: [RecorderKind] = [.ours]
        if isInstalled("ffmpeg") {
            all.append(.ffmpeg)
        } else {
            say("ffmpeg is not installed: it is LEFT OUT", to: STDERR_FILENO)
        }
        if isInstalled("gst-launch-1.0") {
            all.append(.gstreamer)
        } else {
            say("gst-launch-1.0 is not installed: GStreamer is LEFT OUT", to: STDERR_FILENO)
        }
        return all + [.floor]
    }

    /// Starts a recorder, waits until all cameras play, and watches it.
    private func watch(_ kind: RecorderKind, _ farm: Farm) throws -> [Double] {
        let path = folder.path + "/recorded"
        guard mkdir(path, 0o700) == 0 else { throw BenchFailure("\(path) is there already") }
        defer { _ = try? removeTree(path) }
        let running = try kind.start(path, farm.urls)
        defer { running.end() }
        try running.waitForAll(cameras)
        // What connecting left to do is done, and each has closed a fragment.
        pause(milliseconds: arguments.quick ? 1000 : 5000)
        let (frames, cpu, source) = (try running.frames(), running.cpuSeconds, farm.cpuSeconds)
        let start = Meter.nanoseconds
        pause(milliseconds: seconds * 1000)
        let after = try running.frames()
        let passed = Double(Meter.nanoseconds - start) / 1e9
        let used = running.cpuSeconds - cpu
        let expected = passed * Double(cameras * Farm.framesPerSecond)
        let memory = running.memoryBytes / Double(cameras) / 1e6
        let sent = (farm.cpuSeconds - source) / passed
        let filmed = try running.filmed(framesPerSecond: Farm.framesPerSecond)
        return [
            used / Double(cameras) * 60 / passed, memory,
            filmed ?? (after.got - frames.got) / expected * 100, after.lost - frames.lost, sent,
        ]
    }
}
