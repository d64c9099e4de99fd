import Base
import Crypto
import FragmentFormat
import Glibc
import Ingest

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call, and shorter than a pipe's atomic writes: lines never mix.
    guard write(1, bytes, bytes.count) == bytes.count else { exit(3) }
}

/// Prints one line for whatever a source does, and checks that it keeps to the order of calls.
final class PrintingSink: FrameSink {
    private let name: String
    private let saving: String?
    private let whenEnough: @Sendable () -> Void
    private let framesMax: Int
    private var frame: [UInt8] = []
    private var time: FrameTime?
    private var hasBegun = false
    private(set) var frameCount = 0
    private(set) var dropCount = 0

    init(
        _ name: String, framesMax: Int, saving: String?, whenEnough: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.framesMax = framesMax
        self.saving = saving
        self.whenEnough = whenEnough
    }

    func begin(_ format: StreamFormat) throws(Failure) {
        precondition(time == nil, "a format within a frame")
        hasBegun = true
        say("\(name) begin \(format.codec) \(format.width)x\(format.height)")
    }

    func startFrame(_ time: FrameTime) throws(Failure) {
        precondition(hasBegun && self.time == nil, "a frame within a frame")
        self.time = time
        frame.removeAll(keepingCapacity: true)
    }

    func add(_ bytes: Span<UInt8>) throws(Failure) {
        precondition(time != nil, "bytes outside of a frame")
        frame.append(span: bytes)
    }

    func endFrame(key: Bool) throws(Failure) {
        guard let time else { preconditionFailure("the end of no frame") }
        self.time = nil
        var scanner = JPEGScanner()
        scanner.feed(frame.span)
        say(
            "\(name) frame \(frameCount) bytes=\(frame.count) \(scanner.verdict) m=\(time.media)"
                + " received=\(time.received) claim=\(time.claim.map(\.description) ?? "none")")
        if let saving {
            let file = open("\(saving)/\(name)-\(frameCount).jpg", O_WRONLY | O_CREAT, 0o644)
            _ = write(file, frame, frame.count)
            close(file)
        }
        frameCount += 1
        if frameCount >= framesMax { whenEnough() }
    }

    func dropFrame(_ reason: String) {
        time = nil
        dropCount += 1
        say("\(name) drop \(reason)")
    }
}
