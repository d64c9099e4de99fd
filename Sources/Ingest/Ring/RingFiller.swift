package import Base
internal import FragmentFormat
internal import Linux

/// Puts a source's frames into the camera's ring, copying each byte once. Lives on the camera's
/// thread; the ring's lock is taken twice a frame, and never while bytes are copied.
package final class RingFiller: FrameSink {
    /// A fragment of pictures ends here: all of it is hashed when one of them is asked for later.
    private static let pictureBytesMax = 1 << 20

    private let ring: CameraRing
    private let report: CameraReport
    private var timeline = FrameTimeline()
    private var clock = CameraClockEstimate()
    private var format: StreamFormat?
    private var formatOrdinal: UInt64 = 0
    private var initBytes: [UInt8] = []
    private var beginsStream = true
    /// How the clock is set; nil before the first frame.
    private var setting: ClockSetting?
    private var looked: UInt64 = 0
    /// H.264 and H.265 can be decoded only from a key frame on.
    private var waitsForKey = true

    /// The open fragment's memory, and what of it is published.
    private var buffer: PageBuffer?
    private var published = 0
    private var samples = 0
    private var began: Int64 = 0
    private var lastDecode: Int64 = 0
    /// The frame that is coming in, behind the published ones.
    private var frame: (place: FrameTimeline.Place, time: FrameTime)?
    private var frameBytes = 0

    package init(_ ring: CameraRing, _ report: CameraReport) {
        self.ring = ring
        self.report = report
    }

    package func identify(_ traits: DeviceTraits) { report.identified(traits) }

    package func begin(_ format: StreamFormat) throws(Failure) {
        guard format != self.format else { return }
        guard let bytes = InitSegment.make(format) else {
            throw Failure(
                .unsupported, "the camera's stream lacks the parameters that players need")
        }
        closeFragment()
        formatOrdinal = ring.takeFormat(format)
        initBytes = bytes
        self.format = format
        beginsStream = true
        waitsForKey = !format.codec.isIntra
        report.began(format)
    }

    package func startFrame(_ time: FrameTime) throws(Failure) {
        guard format != nil else { throw Failure(.invalid, "a frame came before its format") }
        let known = setting
        looked = ring.clock.monotonicNanoseconds
        let setting = ring.setting(after: known)
        self.setting = setting
        let isSet = known.map { $0 != setting } ?? false
        let time = time.read(by: setting)
        let place = timeline.place(time)
        let now = Int64(bitPattern: time.monotonic / 1000)
        frame = nil
        frameBytes = 0
        let isFull =
            samples == FragmentHead.samplesMax
            || (format?.codec.isIntra == true && published >= Self.pictureBytesMax)
        if samples > 0, isFull || now - began >= ring.options.fragmentMicroseconds {
            closeFragment(next: place)
        }
        if isSet {
            // A fragment has the instants of one clock, and what is said of the camera's clock too.
            closeFragment(next: place)
            clock = CameraClockEstimate()
        }
        guard buffer != nil || openFragment() else {
            report.dropped(CameraReport.diskIsBehind)
            return
        }
        if samples == 0 { began = now }
        frame = (place, time)
    }

    package func add(_ bytes: Span<UInt8>) throws(Failure) {
        guard frame != nil, let format else { return }
        let prefix = format.codec.isIntra ? 0 : 4
        guard makeRoom(bytes.count + prefix), let buffer else { return }
        var end = OpenFragment.headBytes + published + frameBytes
        if prefix > 0 {
            var length: [4 of UInt8] = [0, 0, 0, 0]
            for i in 0..<4 {
                length[i] = UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * i))
            }
            buffer.write(length.span, at: end)
            end += prefix
        }
        buffer.write(bytes, at: end)
        frameBytes += bytes.count + prefix
    }

    package func endFrame(key: Bool) throws(Failure) {
        guard let (place, time) = frame, let format, frameBytes > 0 else { return }
        let isKey = key || format.codec.isIntra
        guard !waitsForKey || isKey else {
            dropFrame("before the first key frame")
            return
        }
        waitsForKey = false
        if isKey, !format.codec.isIntra, samples > 0 {
            guard moveFrame() else { return }
            began = Int64(bitPattern: time.monotonic / 1000)
        }
        frame = nil
        let sample = Sample(
            size: UInt32(frameBytes), instant: place.instant, decode: place.decode,
            composition: place.composition, isKey: isKey)
        ring.publish(sample, looked: looked)
        beginsStream = false
        samples += 1
        published += frameBytes
        lastDecode = place.decode
        clock.add(time)
        report.frame(
            time, Moment(place.instant, setting ?? .unknown), bytes: frameBytes, key: isKey,
            clock: clock.value)
        frameBytes = 0
    }

    package func dropFrame(_ reason: String) {
        frame = nil
        frameBytes = 0
        report.dropped(reason)
    }

    /// The stream ended; the next one begins with its own format and its own times.
    package func end() {
        frame = nil
        closeFragment()
        timeline = FrameTimeline()
        clock = CameraClockEstimate()
        format = nil
    }

    // MARK: Fragments

    private func openFragment() -> Bool {
        guard let buffer = ring.takeBuffer() else { return false }
        openFragment(buffer)
        return true
    }

    private func openFragment(_ buffer: PageBuffer) {
        ring.openFragment(
            buffer, formatOrdinal, initBytes, beginsStream: beginsStream, setting ?? .unknown)
        self.buffer = buffer
        published = 0
        samples = 0
    }

    /// Room for `count` more bytes of the current frame, if need be by closing what stands before
    /// it.
    private func makeRoom(_ count: Int) -> Bool {
        func fits() -> Bool {
            guard let buffer else { return false }
            return OpenFragment.headBytes + published + frameBytes + count <= buffer.capacity
        }
        if fits() { return true }
        if samples > 0, !moveFrame() { return false }
        if fits() { return true }
        dropFrame("a frame larger than \(ring.options.fragmentBytes) bytes")
        return false
    }

    /// Closes the published samples and goes on in a new buffer with the frame that is coming in.
    /// Its bytes move before that: closing fills the page behind the published ones with zeros.
    private func moveFrame() -> Bool {
        guard let old = buffer, let place = frame?.place else { return false }
        guard let new = ring.takeBuffer() else {
            dropFrame(CameraReport.diskIsBehind)
            return false
        }
        let start = OpenFragment.headBytes + published
        new.write(from: old, start..<(start + frameBytes), at: OpenFragment.headBytes)
        let began = self.began
        closeFragment(next: place)
        openFragment(new)
        self.began = began
        return true
    }

    private func closeFragment(next: FrameTimeline.Place? = nil) {
        guard buffer != nil else { return }
        let duration = next.map { $0.decode - lastDecode } ?? report.frameInterval
        ring.closeFragment(
            lastDuration: UInt32(clamping: max(1, duration)), clock: clock.value)
        buffer = nil
        samples = 0
        published = 0
    }
}
