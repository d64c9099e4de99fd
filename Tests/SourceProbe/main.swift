// Runs one source in front of a test, or of a person with a camera:
//   SourceProbe http URL [options]
//   SourceProbe usb ID [options]
//   SourceProbe list
//   SourceProbe watch [options]
//   SourceProbe ladder HOST PORT
// Options for usb: --format XXXX, --size WxH, --fps N, --name TEXT, --retry N (after a failure).
// For both: --frames N, --seconds N, --stall MS, --rate N, --user NAME, --password TEXT, --save DIR

import Base
import Glibc
import HTTPClient
import Ingest
import Linux
import V4L2

struct Options {
    var words: [String] = []
    var values: [String: String] = [:]

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("--") { values[word] = rest.popFirst() } else { words.append(word) }
        }
    }

    func number(_ name: String, _ otherwise: Int) -> Int {
        values[name].flatMap { Int($0) } ?? otherwise
    }
}

let options = Options(Array(CommandLine.arguments.dropFirst()))

/// Runs a source to its end, and prints how it ended.
func run(_ name: String, _ source: any Source) {
    let stop = StopSignal()
    let sink = PrintingSink(
        name, framesMax: options.number("--frames", .max), saving: options.values["--save"]
    ) { stop.raise() }
    let limit = StopSignal()
    let seconds = options.number("--seconds", 3600)
    let timer = Thread(name: "timer") {
        if !limit.wait(milliseconds: seconds * 1000) { stop.raise() }
    }
    let start = SystemClock().monotonicNanoseconds
    do {
        try source.run(into: sink, until: stop)
        say("\(name) \(stop.isRaised ? "stopped" : "ended")")
    } catch {
        say("\(name) failed \(error.cause) \(error.rung): \(error.words); \(error.remedy)")
    }
    let milliseconds = (SystemClock().monotonicNanoseconds - start) / 1_000_000
    say("\(name) frames=\(sink.frameCount) drops=\(sink.dropCount) ms=\(milliseconds)")
    limit.raise()
    timer.join()
}

switch options.words.first {
case "http" where options.words.count == 2:
    var settings = HTTPSource.Options()
    settings.stallMilliseconds = options.number("--stall", settings.stallMilliseconds)
    settings.picturesPerSecond = Double(options.number("--rate", 5))
    let target = HTTPTarget(
        url: options.words[1], user: options.values["--user"],
        password: options.values["--password"] ?? "")
    run("http", HTTPSource(target, clock: SystemClock(), options: settings))
case "usb" where options.words.count == 2:
    var settings = USBSource.Options()
    settings.stallMilliseconds = options.number("--stall", settings.stallMilliseconds)
    settings.wish.format = options.values["--format"].map { text in
        PixelFormat(code: text.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    let size = (options.values["--size"] ?? "").split(separator: "x").compactMap { Int($0) }
    settings.wish.width = size.first
    settings.wish.height = size.last
    settings.wish.framesPerSecond = options.values["--fps"].flatMap { Int($0) }
    let source = USBSource(options.words[1], clock: SystemClock(), options: settings)
    for _ in 0...options.number("--retry", 0) {
        run(options.values["--name"] ?? "usb", source)
        Thread.sleep(nanoseconds: 200_000_000)
    }
case "list":
    let list = CameraList.now()
    for camera in list.cameras {
        say("camera \(camera.id) \(camera.basis) \(camera.node) \(camera.name)")
        if let device = try? Device(node: camera.node) {
            for mode in device.modes() { say("mode \(mode)") }
            if let choice = ModeChoice.best(of: device.modes()) {
                say("best \(choice.mode) at \(choice.rate.map(\.description) ?? "any")")
            }
            for control in device.controls() {
                let value = (try? device.value(of: control.name)) ?? -1
                say("control \(control.name)=\(value) \(control.range) \(control.kind)")
            }
        }
    }
    for entry in list.unsettled { say("unsettled \(entry.node): \(entry.failure)") }
    for node in list.unsupported { say("unsupported \(node)") }
    say("cameras=\(list.cameras.count)")
case "ladder" where options.words.count == 3:
    let ladder = Ladder(host: options.words[1], port: UInt16(options.words[2]) ?? 0)
    for step in ladder.climb(until: StopSignal()) {
        say("\(step.holds ? "holds" : "broken") \(step.rung): \(step)")
    }
case "watch":
    let stop = StopSignal()
    let watch = USBWatch(stop: stop) { change in
        switch change {
        case .arrived(let camera):
            say("arrived \(camera.id) \(camera.basis) \(camera.node) \(camera.name)")
        case .left(let camera): say("left \(camera.id)")
        }
    }
    stop.wait(milliseconds: options.number("--seconds", 3600) * 1000)
    stop.raise()
    watch.join()
default:
    say(
        "usage: SourceProbe list | watch | ladder HOST PORT | usb ID | http URL, then options"
    )
    exit(2)
}
