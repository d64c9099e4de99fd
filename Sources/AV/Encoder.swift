package import Base
internal import CAV

/// Encodes H.264 or H.265 with x264 or x265, for the test camera and for tests. Owns the
/// `AVCodecContext`; belongs to one thread. Parameter sets stand before every key frame.
@safe package struct Encoder: ~Copyable {
    package struct Settings: Hashable, Sendable {
        package var codec: Codec
        package var width: Int
        package var height: Int
        package var framesPerSecond: Double
        /// Frames from one key frame to the next.
        package var keyInterval: Int
        /// Frames between reference frames that refer to both; zero: each frame comes out at once.
        package var bFrames = 0
        /// 0 is lossless, 51 is worst.
        package var constantQuality = 23
        package var slices = 1

        package init(
            codec: Codec, width: Int, height: Int, framesPerSecond: Double = 25,
            keyInterval: Int = 25
        ) {
            self.codec = codec
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
            self.keyInterval = keyInterval
        }
    }

    private let context: CodecContext
    private let input: Frame
    private let log: LogLines

    package init(_ settings: Settings) throws(AVFailure) {
        let name = settings.codec == .h265 ? "libx265" : "libx264"
        guard settings.codec != .mjpeg, let encoder = unsafe avcodec_find_encoder_by_name(name)
        else {
            throw AVFailure("encode \(settings.codec)", proofreel_averror_no_encoder)
        }
        let context = try unsafe CodecContext(encoder)
        let raw = unsafe context.raw
        let input = Frame()
        let log = LogLines()
        log.start()
        defer { log.stop() }
        unsafe raw.pointee.width = Int32(clamping: settings.width)
        unsafe raw.pointee.height = Int32(clamping: settings.height)
        unsafe raw.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        unsafe raw.pointee.time_base = AVRational(num: 1, den: 1_000_000)
        unsafe raw.pointee.framerate = AVRational(
            num: Int32(clamping: Int(settings.framesPerSecond * 1000)), den: 1000)
        unsafe raw.pointee.gop_size = Int32(clamping: settings.keyInterval)
        unsafe raw.pointee.keyint_min = Int32(clamping: settings.keyInterval)
        unsafe raw.pointee.max_b_frames = Int32(clamping: settings.bFrames)
        unsafe raw.pointee.slices = Int32(clamping: settings.slices)
        unsafe raw.pointee.thread_count = 1
        for (name, value) in Self.options(settings) {
            _ = unsafe av_opt_set(raw.pointee.priv_data, name, value, 0)
        }
        try checked("open an encoder", unsafe avcodec_open2(raw, encoder, nil), log: log)
        unsafe input.raw.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        unsafe input.raw.pointee.width = raw.pointee.width
        unsafe input.raw.pointee.height = raw.pointee.height
        try checked("allocate a frame", unsafe av_frame_get_buffer(input.raw, 0))
        self.context = context
        self.log = log
        self.input = input
    }

    private static func options(_ settings: Settings) -> [(String, String)] {
        var all = [("preset", "ultrafast"), ("crf", "\(settings.constantQuality)")]
        if settings.bFrames == 0 { all.append(("tune", "zerolatency")) }
        if settings.codec == .h264 {
            all.append(("x264-params", "sliced-threads=0:scenecut=0:open-gop=0:b-adapt=0"))
        } else {
            all.append(
                (
                    "x265-params",
                    "log-level=none:pools=none:frame-threads=1:scenecut=0:open-gop=0:b-adapt=0"
                        + ":bframes=\(settings.bFrames):keyint=\(settings.keyInterval)"
                        + ":min-keyint=\(settings.keyInterval)"
                ))
        }
        return all
    }

    /// Takes a picture in 4:2:0 whose planes have no padding; `time` in microseconds.
    package mutating func send(
        y: Span<UInt8>, u: Span<UInt8>, v: Span<UInt8>, time: Int64
    ) throws(AVFailure) {
        let (width, height) = (input.width, input.height)
        let (wide, high) = ((width + 1) / 2, (height + 1) / 2)
        precondition(y.count == width * height && u.count == wide * high && v.count == u.count)
        try checked("write a frame", unsafe av_frame_make_writable(input.raw))
        unsafe Self.copy(y, width, to: input.raw.pointee.data.0, input.stride(0))
        unsafe Self.copy(u, wide, to: input.raw.pointee.data.1, input.stride(1))
        unsafe Self.copy(v, wide, to: input.raw.pointee.data.2, input.stride(2))
        unsafe input.raw.pointee.pts = time
        try checked("encode", unsafe avcodec_send_frame(context.raw, input.raw), log: log)
    }

    private static func copy(
        _ plane: Span<UInt8>, _ width: Int, to start: UnsafeMutablePointer<UInt8>?, _ stride: Int
    ) {
        unsafe plane.withUnsafeBufferPointer { plane in
            guard let from = plane.baseAddress, let start = unsafe start else { return }
            for row in 0..<(plane.count / width) {
                unsafe (start + row * stride).update(from: from + row * width, count: width)
            }
        }
    }

    /// No more pictures come.
    package mutating func finish() throws(AVFailure) {
        try checked("encode", unsafe avcodec_send_frame(context.raw, nil), log: log)
    }

    /// The next packet in the order of decoding (Annex B), or false when there is none yet.
    package mutating func receive(into packet: inout Packet) throws(AVFailure) -> Bool {
        let code = unsafe avcodec_receive_packet(context.raw, packet.raw)
        if code == proofreel_averror_again || code == proofreel_averror_eof { return false }
        try checked("encode", code, log: log)
        return true
    }
}
