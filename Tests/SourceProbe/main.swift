// Runs one source in front of a test, or of a person with a camera:
//   SourceProbe http URL [options]
// Options: --frames N, --seconds N, --stall MS, --rate N, --user NAME, --password TEXT, --save DIR

import Base
import Glibc
import HTTPClient
import Ingest
import Linux

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
default:
    say("usage: SourceProbe http URL [--frames N] [--seconds N] [--stall MS] [--rate N]")
    say("         [--user NAME] [--password TEXT] [--save DIR]")
    exit(2)
}
