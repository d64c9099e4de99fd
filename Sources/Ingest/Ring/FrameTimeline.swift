package import Base

/// Puts a stream's own times on one line that never jumps and never goes back, and gives each frame
/// its instant on the server's clock.
///
/// The instant is the arrival of the frame's first byte. Where frames come in another order than
/// they are shown (B-frames), arrival says when a frame was sent, not when it was seen: there the
/// instant is its showing time moved by the least delay seen of late.
package struct FrameTimeline: Sendable {
    /// The camera's time may be this far from where it should be before it counts as a jump.
    static let jumpMicroseconds: Int64 = 2_000_000
    static let delayWindow = 128
    /// Farther behind, it is no burst but a pause.
    static let burstFrames: Int64 = 32

    private var lastMedia: Int64 = 0
    private var lastArrival: Int64 = 0
    private var shift: Int64 = 0
    private var lastDecode: Int64 = -1
    private var highest: Int64 = .min
    private var started = false
    private(set) var reorders = false
    /// Arrival minus showing time of the last frames, a ring of its own.
    private var delays: [Int64] = []
    private var nextDelay = 0
    private(set) package var jumps = 0
    /// Frames on the line since it began or jumped, and the showing time of the first.
    private var count: Int64 = 0
    private var firstShown: Int64 = 0
    /// Between two frames, as seen whenever one is shown later than all before it.
    private var usualStep: Int64 = 0

    package init() {}

    package struct Place: Hashable, Sendable {
        package let decode: Int64
        package let composition: Int32
        package let instant: WallTime
    }

    package mutating func place(_ time: FrameTime) -> Place {
        let arrival = Int64(bitPattern: time.monotonic / 1000)
        if !started {
            started = true
            shift = -time.media
        } else {
            let expected = lastMedia + (arrival - lastArrival)
            if abs(time.media - expected) > Self.jumpMicroseconds {
                // Goes on where the old line would be by now.
                shift += expected - time.media
                delays.removeAll(keepingCapacity: true)
                nextDelay = 0
                highest = .min
                count = 0
                jumps += 1
            }
        }
        lastMedia = time.media
        lastArrival = arrival
        let shown = time.media + shift
        if shown < highest { reorders = true }
        if count == 0 { firstShown = shown }
        if shown > highest, count > 0 { usualStep = max(1, (shown - firstShown) / count) }
        highest = max(highest, shown)
        count += 1
        let delay = arrival - shown
        if delays.count < Self.delayWindow {
            delays.append(delay)
        } else {
            delays[nextDelay] = delay
        }
        nextDelay = (nextDelay + 1) % Self.delayWindow
        var least = delay
        // Without B-frames showing order is decoding order, and arrival needs no help.
        if reorders { for other in delays where other < least { least = other } }
        let decode = max(lastDecode + 1, reorders ? paced(arrival - least) : shown)
        lastDecode = decode
        let late = reorders ? delay - least : 0
        return Place(
            decode: decode, composition: Int32(clamping: shown - decode),
            instant: WallTime(microseconds: time.received.microseconds - late))
    }

    /// B-frames are sent in bursts, each after the frame that it refers to. Decoding times that
    /// followed them would leave most frames no time and some a lot, which FFmpeg warns of, and
    /// which browsers take for missing footage: more than twice the step before. So each step is
    /// the usual one, a quarter more or less as long as that keeps up.
    private func paced(_ wanted: Int64) -> Int64 {
        let step = wanted - lastDecode
        guard usualStep > 0, abs(step) < Self.burstFrames * usualStep else { return wanted }
        return lastDecode + min(max(step, usualStep * 3 / 4), usualStep * 5 / 4)
    }
}
