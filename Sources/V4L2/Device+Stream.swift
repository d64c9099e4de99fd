internal import CV4L2
internal import Glibc

/// One captured frame, as the driver describes it.
package struct CapturedFrame: Hashable, Sendable {
    /// Counts the frames that the driver saw; what the camera itself left out makes no gap.
    package let sequence: UInt32
    /// The driver's flag for a frame that arrived damaged. A damaged MJPEG often has none.
    package let isDamaged: Bool
    /// The start of exposure (or of arrival, where the driver knows no better), monotonic, in
    /// nanoseconds; nil when the driver does not use that clock.
    package let monotonic: UInt64?
}

package enum Readiness: Hashable, Sendable {
    case frame
    /// The other descriptor became readable.
    case woken
    case nothing
    /// The driver reports an error: unplugged, most likely. `next` tells.
    case trouble
}

extension Device {
    /// Fewer lose frames whenever the thread is late; the driver may give another number.
    static let buffersWanted: UInt32 = 4
    private static let videoCapture = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    private static let mapped = V4L2_MEMORY_MMAP.rawValue

    /// Sets the mode, maps buffers and starts. What is returned is what the camera does, which may
    /// differ in size and rate from what was asked.
    package func start(_ choice: ModeChoice) throws(V4L2Failure) -> Mode {
        unsafe precondition(!isStreaming && buffers.isEmpty, "it streams already")
        let mode = try set(choice)
        var request = v4l2_requestbuffers()
        request.count = Self.buffersWanted
        request.type = Self.videoCapture
        request.memory = Self.mapped
        try call(proofreel_reqbufs, &request, "start the camera")
        do throws(V4L2Failure) {
            for index in 0..<request.count { try map(index) }
            for index in 0..<request.count { try queue(index) }
            var type = Int32(Self.videoCapture)
            try call(proofreel_streamon, &type, "start the camera")
            isStreaming = true
        } catch {
            stop()
            throw error
        }
        return mode
    }

    /// Stops the stream and gives the buffers back. After an unplug all of it fails, and does no
    /// harm.
    package func stop() {
        if isStreaming {
            var type = Int32(Self.videoCapture)
            _ = hasNext(proofreel_streamoff, &type)
            isStreaming = false
        }
        guard unsafe !buffers.isEmpty else { return }
        for i in unsafe buffers.indices {
            _ = unsafe v4l2_munmap(buffers[i].baseAddress, buffers[i].count)
        }
        unsafe buffers = []
        var request = v4l2_requestbuffers()
        request.type = Self.videoCapture
        request.memory = Self.mapped
        _ = hasNext(proofreel_reqbufs, &request)
    }

    private func map(_ index: UInt32) throws(V4L2Failure) {
        var buffer = proofreel_buffer()
        buffer.index = index
        let code = unsafe proofreel_buffer_call(descriptor, proofreel_querybuf, &buffer)
        guard code >= 0 else { throw asked(-code, "map the camera's buffers") }
        let length = Int(buffer.length)
        let start = unsafe v4l2_mmap(
            nil, length, PROT_READ, MAP_SHARED, descriptor, Int64(buffer.offset))
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw V4L2Failure(errno: errno, "map the camera's buffers")
        }
        unsafe buffers.append(UnsafeMutableRawBufferPointer(start: start, count: length))
    }

    private func queue(_ index: UInt32) throws(V4L2Failure) {
        var buffer = proofreel_buffer()
        buffer.index = index
        let code = unsafe proofreel_buffer_call(descriptor, proofreel_qbuf, &buffer)
        guard code >= 0 else { throw asked(-code, "give a buffer to the camera") }
    }

    /// Waits for a frame, for `wake` (a descriptor of the caller's), or until the time is over.
    package func wait(wake: Int32, milliseconds: Int) -> Readiness {
        var entries = (
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        )
        let count = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
            unsafe poll(
                bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2,
                Int32(clamping: milliseconds))
        }
        if count <= 0 { return .nothing }
        if entries.0.revents != 0 { return .woken }
        if entries.1.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return .trouble }
        return entries.1.revents & Int16(POLLIN) != 0 ? .frame : .nothing
    }

    /// Takes the next frame, lends its bytes, and gives the buffer back. False: there is none yet.
    package func next<Problem: Error>(
        _ body: (CapturedFrame, Span<UInt8>) throws(Problem) -> Void
    ) throws(Problem) -> Result<Bool, V4L2Failure> {
        var buffer = proofreel_buffer()
        let code = unsafe proofreel_buffer_call(descriptor, proofreel_dqbuf, &buffer)
        if code == -EAGAIN {
            // Readable and without a frame: what is to be read is that the camera is gone.
            return isGone ? .failure(asked(ENODEV, "read from the camera")) : .success(false)
        }
        guard code >= 0 else { return .failure(asked(-code, "read from the camera")) }
        guard unsafe Int(buffer.index) < buffers.count else {
            return .failure(V4L2Failure(.io, "the driver gives a buffer that is not ours"))
        }
        let room = unsafe buffers[Int(buffer.index)]
        let start = unsafe room.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let count = min(Int(buffer.bytes_used), room.count)
        // Ours from here until it is queued again.
        let bytes = unsafe Span(_unsafeStart: start, count: count)
        try body(Self.describe(buffer), bytes)
        do throws(V4L2Failure) {
            try queue(buffer.index)
            return .success(true)
        } catch {
            return .failure(error)
        }
    }

    private static func describe(_ buffer: proofreel_buffer) -> CapturedFrame {
        let clock = buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK)
        let isMonotonic =
            clock == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) && buffer.seconds >= 0
        let nanoseconds =
            UInt64(max(0, buffer.seconds)) * 1_000_000_000
            + UInt64(max(0, buffer.microseconds)) * 1000
        return CapturedFrame(
            sequence: buffer.sequence, isDamaged: buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0,
            monotonic: isMonotonic ? nanoseconds : nil)
    }
}
