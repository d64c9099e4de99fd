package import Base
internal import CAV

/// Decodes one stream, packet by packet. Owns the `AVCodecContext`; belongs to one thread, whatever
/// helps it. Opening one costs a fraction of a millisecond, so there is one for each picture that
/// is wanted.
@safe package struct Decoder: ~Copyable {
    private let context: CodecContext
    private let log: LogLines

    /// - parameterSets: without start codes; none for MJPEG.
    /// - threads: how many work, each on a frame of its own; frames come out later and in the same
    ///   order. Several do not mark all that is damaged, so several fail at any mistake in the
    ///   stream, where one goes on if it can.
    package init(
        _ codec: Codec, parameterSets: [[UInt8]], threads: Int = 1
    ) throws(AVFailure) {
        guard let decoder = unsafe avcodec_find_decoder(codec.id) else {
            throw AVFailure("decode \(codec)", proofreel_averror_no_decoder)
        }
        let context = try unsafe CodecContext(decoder)
        let raw = unsafe context.raw
        unsafe raw.pointee.thread_count = Int32(threads)
        unsafe raw.pointee.thread_type = FF_THREAD_FRAME
        if threads > 1 { unsafe raw.pointee.err_recognition = AV_EF_EXPLODE }
        let log = LogLines()
        log.start()
        defer { log.stop() }
        let extradata = AnnexB.joined(parameterSets)
        if !extradata.isEmpty {
            // libav frees it with the context, and wants zeros after it.
            let padded = extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)
            guard let copy = unsafe av_mallocz(padded) else {
                throw AVFailure("decode \(codec)", -12)
            }
            unsafe extradata.withUnsafeBytes { source in
                unsafe copy.copyMemory(from: source.baseAddress!, byteCount: source.count)
            }
            unsafe raw.pointee.extradata = copy.assumingMemoryBound(to: UInt8.self)
            unsafe raw.pointee.extradata_size = Int32(extradata.count)
        }
        try checked("open a decoder", unsafe avcodec_open2(raw, decoder, nil), log: log)
        self.context = context
        self.log = log
    }

    /// Takes a packet (`avcodec_send_packet`); frames may have to be taken out first.
    package mutating func send(_ packet: borrowing Packet) throws(AVFailure) {
        log.start()
        defer { log.stop() }
        try checked("decode", unsafe avcodec_send_packet(context.raw, packet.raw), log: log)
    }

    /// No more packets come: what the decoder still holds comes out.
    package mutating func finish() throws(AVFailure) {
        log.start()
        defer { log.stop() }
        try checked("decode", unsafe avcodec_send_packet(context.raw, nil), log: log)
    }

    /// The next frame in the order of presentation, or false when there is none yet, or no more
    /// (`avcodec_receive_frame`).
    package mutating func receive(into frame: inout Frame) throws(AVFailure) -> Bool {
        log.start()
        defer { log.stop() }
        let code = unsafe avcodec_receive_frame(context.raw, frame.raw)
        if code == proofreel_averror_again || code == proofreel_averror_eof { return false }
        try checked("decode", code, log: log)
        return true
    }
}
