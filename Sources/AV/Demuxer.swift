package import Base
internal import CAV

/// A stream in what a demuxer opened.
package struct StreamInfo: Sendable {
    package let index: Int
    package let isVideo: Bool
    /// Nil for what we do not record; `codecName` says what it is.
    package let codec: Codec?
    package let codecName: String
    /// Parameter sets as the container or the SDP gave them; Annex B from RTSP.
    package let extradata: [UInt8]
    package let timeBase: TimeBase
    package let width: Int
    package let height: Int
}

/// Seconds per unit of a stream's times.
package struct TimeBase: Hashable, Sendable {
    package let numerator: Int
    package let denominator: Int

    package init(_ numerator: Int, _ denominator: Int) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Clamped, for times that a camera made up.
    package func microseconds(_ time: Int64) -> Int64 {
        let (factor, overflow) = Int64(numerator).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return 0 }
        let (high, low) = time.multipliedFullWidth(by: factor)
        let divisor = Int64(max(denominator, 1))
        guard high.magnitude < divisor.magnitude / 2 || high == -1 || high == 0 else {
            return high < 0 ? .min : .max
        }
        if divisor == 1 {
            return time.multipliedReportingOverflow(by: factor).overflow
                ? (high < 0 ? .min : .max) : time * factor
        }
        return divisor.dividingFullWidth((high, low)).quotient
    }
}

/// An open container or connection of libavformat. Owns the `AVFormatContext`; opened, read and
/// closed by one thread, which may block in it until its `Interrupt` says otherwise.
@safe package struct Demuxer: ~Copyable {
    private let raw: UnsafeMutablePointer<AVFormatContext>
    private let interrupt: Interrupt
    private let log: LogLines
    package let streams: [StreamInfo]

    /// - format: the only demuxer that may open it, whatever the bytes look like.
    /// - options: of the demuxer and of its protocols; an unknown one is a mistake of ours.
    package init(
        url: String, format: String, options: [String: String] = [:], interrupt: Interrupt
    ) throws(AVFailure) {
        let log = LogLines()
        log.start()
        var context = unsafe avformat_alloc_context()
        guard unsafe context != nil else {
            log.stop()
            throw AVFailure("open", -12)
        }
        unsafe context?.pointee.interrupt_callback = interrupt.callback
        // Packets come as they are received: a parser would hold each frame until the next begins.
        unsafe context?.pointee.flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN
        var dictionary: OpaquePointer?
        for (name, value) in options { unsafe av_dict_set(&dictionary, name, value, 0) }
        defer { unsafe av_dict_free(&dictionary) }
        let input = unsafe av_find_input_format(format)
        interrupt.begin()
        let code = unsafe avformat_open_input(&context, url, input, &dictionary)
        guard code >= 0, let raw = unsafe context else {
            log.stop()
            if interrupt.isOverdue { throw AVFailure("open", timedOut: log.lines) }
            throw AVFailure("open", code, log: log.lines)
        }
        unsafe self.raw = raw
        self.interrupt = interrupt
        self.log = log
        streams = unsafe Self.streams(of: raw)
    }

    deinit {
        interrupt.close()
        var raw: UnsafeMutablePointer<AVFormatContext>? = unsafe self.raw
        unsafe avformat_close_input(&raw)
        log.stop()
    }

    private static func streams(of raw: UnsafeMutablePointer<AVFormatContext>) -> [StreamInfo] {
        (0..<(unsafe Int(raw.pointee.nb_streams))).compactMap { index in
            guard let stream = unsafe raw.pointee.streams[index],
                let parameters = unsafe stream.pointee.codecpar
            else { return nil }
            let base = unsafe stream.pointee.time_base
            let id = unsafe parameters.pointee.codec_id
            let extradata = unsafe UnsafeBufferPointer(
                start: parameters.pointee.extradata,
                count: Int(parameters.pointee.extradata_size))
            return unsafe StreamInfo(
                index: index,
                isVideo: parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO,
                codec: Codec(id), codecName: String(cString: avcodec_get_name(id)),
                extradata: Array(extradata), timeBase: TimeBase(Int(base.num), Int(base.den)),
                width: Int(parameters.pointee.width), height: Int(parameters.pointee.height))
        }
    }

    /// What the sender calls its stream: of RTSP, the `s=` line of the SDP.
    package var title: String? {
        guard let entry = unsafe av_dict_get(raw.pointee.metadata, "title", nil, 0),
            let value = unsafe entry.pointee.value
        else { return nil }
        return unsafe String(cString: value)
    }

    /// Nothing of the other streams is handed on (`AVDISCARD_ALL`).
    package func discardAll(except index: Int) {
        for other in streams where other.index != index {
            unsafe raw.pointee.streams[other.index]?.pointee.discard = AVDISCARD_ALL
        }
    }

    /// The next packet, or false at the end (`av_read_frame`).
    package mutating func read(into packet: inout Packet) throws(AVFailure) -> Bool {
        interrupt.begin()
        unsafe av_packet_unref(packet.raw)
        let code = unsafe av_read_frame(raw, packet.raw)
        if code == proofreel_averror_eof { return false }
        if code < 0, interrupt.isOverdue { throw AVFailure("read", timedOut: log.lines) }
        try checked("read", code, log: log)
        return true
    }

    /// How many holes rtpdec saw since the last call; the packet just read comes after them.
    package mutating func takeLosses() -> Int { log.takeLosses() }
}

extension Codec {
    init?(_ id: AVCodecID) {
        switch id {
        case AV_CODEC_ID_H264: self = .h264
        case AV_CODEC_ID_HEVC: self = .h265
        case AV_CODEC_ID_MJPEG: self = .mjpeg
        default: return nil
        }
    }

    var id: AVCodecID {
        switch self {
        case .h264: AV_CODEC_ID_H264
        case .h265: AV_CODEC_ID_HEVC
        case .mjpeg: AV_CODEC_ID_MJPEG
        }
    }
}
