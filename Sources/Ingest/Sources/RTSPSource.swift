internal import AV
package import Base
package import Linux

/// A camera that speaks RTSP, by libavformat. Frames go to the sink as they came, one for each RTP
/// time; `docs/cameras.md` says what URLs and failures mean.
package final class RTSPSource: Source {
    package enum Transport: String, Sendable, CaseIterable {
        case tcp, udp
    }

    package struct Options: Sendable {
        package var transport = Transport.tcp
        /// Until the camera has answered everything that comes before pictures.
        package var connectMilliseconds = 10_000
        /// Without a packet, or without a frame that can be used.
        package var stallMilliseconds = 10_000
        /// Without a key frame. "Smart" codecs take their time.
        package var keyMilliseconds = 60_000

        package init() {}
    }

    private let url: CameraURL
    private let options: Options
    private let clock: any Clock

    /// `url` with its credentials.
    package init(_ url: CameraURL, options: Options = Options(), clock: any Clock = SystemClock()) {
        self.url = url
        self.options = options
        self.clock = clock
    }

    var hasUser: Bool { url.user != nil }
    var schemeName: String { url.scheme.rawValue }
    var isTCP: Bool { options.transport == .tcp }
    var stallSeconds: Int { options.stallMilliseconds / 1000 }
    /// Host and port.
    var place: String { url.host + ":" + "\(url.port ?? url.scheme.defaultPort ?? 0)" }

    /// libavformat keeps user and password, as they stand in its URL, in 128 bytes.
    private static let libavCredentialsMax = 126

    package func run(
        into sink: any FrameSink, until stop: StopSignal
    ) throws(SourceFailure) {
        let bare = url.with(user: nil, password: nil).forLibav
        let credentials = url.forLibav.utf8.count - bare.utf8.count
        guard credentials <= Self.libavCredentialsMax else {
            throw SourceFailure(
                .configuration, at: .login, "user and password are too long for RTSP",
                remedy: "choose a password of at most 40 characters on the camera")
        }
        let interrupt = Interrupt { stop.isRaised }
        interrupt.setDeadline(afterMilliseconds: options.connectMilliseconds)
        var demuxer: Demuxer
        do throws(AVFailure) {
            demuxer = try Demuxer(
                url: url.forLibav, format: "rtsp", options: libavOptions, interrupt: interrupt)
        } catch {
            if stop.isRaised { return }
            throw failure(opening: error)
        }
        let stream = try videoStream(of: demuxer)
        sink.identify(DeviceTraits.network(url.host, name: demuxer.title))
        try play(&demuxer, stream, into: sink, interrupt, stop)
    }

    private var libavOptions: [String: String] {
        var all = [
            "rtsp_transport": options.transport.rawValue,
            // Else sound comes along and changes how libavformat counts RTP time.
            "allowed_media_types": "video",
            // A camera's redirect or SDP opens nothing else, no file above all.
            "protocol_whitelist": "rtsp,rtp,udp,tcp,tls,crypto",
        ]
        switch options.transport {
        // With a queue, rtpdec says when packets are missing; over TCP it never waits for one.
        case .tcp: all["reorder_queue_size"] = "4"
        // A key frame arrives in one burst, larger than the usual buffer.
        case .udp: all["buffer_size"] = "4194304"
        }
        return all
    }

    private func videoStream(of demuxer: borrowing Demuxer) throws(SourceFailure) -> StreamInfo {
        guard let stream = demuxer.streams.first(where: { $0.isVideo && $0.codec != nil }) else {
            let names = demuxer.streams.filter(\.isVideo).map(\.codecName)
            guard let name = names.first else {
                throw SourceFailure(
                    .camera, at: .path, "the camera describes no video at this path",
                    remedy: "use the path of a video stream from the camera's manual")
            }
            throw SourceFailure(
                .camera, at: .codec, "the camera sends its video as \(name)",
                remedy: "set the stream to H.264, H.265 or MJPEG on the camera")
        }
        demuxer.discardAll(except: stream.index)
        return stream
    }
}

// MARK: frames

extension RTSPSource {
    private func play(
        _ demuxer: inout Demuxer, _ stream: StreamInfo, into sink: any FrameSink,
        _ interrupt: Interrupt, _ stop: StopSignal
    ) throws(SourceFailure) {
        let session = RTSPSession(stream, sink, clock, options)
        // libav calls back from inside `read`; what goes wrong then is thrown after it.
        interrupt.whenIdle = { session.pause() }
        defer { interrupt.whenIdle = nil }
        var packet = Packet()
        while !stop.isRaised {
            interrupt.setDeadline(afterMilliseconds: options.stallMilliseconds)
            let more: Bool
            do throws(AVFailure) { more = try demuxer.read(into: &packet) } catch {
                if stop.isRaised { return }
                if let failure = session.takeFailure() { throw self.failure(sink: failure) }
                // A broken packet is no reason to hang up; the watch below sees when all are.
                if error.reason == .invalidData {
                    try watch(session)
                    continue
                }
                throw failure(reading: error, session)
            }
            do throws(Failure) {
                if let failure = session.takeFailure() { throw failure }
                if !more { try session.finish() }
                if more, packet.stream == stream.index {
                    try session.take(packet, lost: demuxer.takeLosses())
                }
            } catch { throw failure(sink: error) }
            guard more else { return try end(session) }
            try watch(session)
        }
    }

    /// The camera hung up, which is no failure after pictures.
    private func end(_ session: RTSPSession) throws(SourceFailure) {
        if session.hasFrames { return }
        throw SourceFailure(
            .camera, at: .firstFrame, "the camera agreed to play and then hung up",
            remedy: "restart the camera; it may be at its limit of viewers")
    }

    /// Packets alone are no pictures.
    private func watch(_ session: RTSPSession) throws(SourceFailure) {
        switch session.health(at: clock.monotonicNanoseconds) {
        case .good: return
        case .noKey:
            throw SourceFailure(
                .camera, at: .keyframes,
                "no key frame came for \(options.keyMilliseconds / 1000) seconds",
                remedy: "set the camera's key frame (I-frame) interval to one or two seconds"
                    + " and switch \"smart\" codecs off")
        case .noFrame(let refusal):
            let why = refusal.map { " (the last was dropped: \($0))" } ?? ""
            throw SourceFailure(
                .camera, at: .firstFrame,
                "data came for \(stallSeconds) seconds, but no usable frame\(why)",
                remedy: "restart the camera; if it stays so, set the stream to plain H.264 on it")
        }
    }
}
