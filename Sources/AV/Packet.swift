package import Base
internal import CAV

/// One piece of a coded stream, as libav hands it over. Owns the `AVPacket`; belongs to one thread.
@safe package struct Packet: ~Copyable {
    let raw: UnsafeMutablePointer<AVPacket>

    package init() {
        guard let raw = unsafe av_packet_alloc() else {
            preconditionFailure("no memory for a packet")
        }
        unsafe self.raw = raw
    }

    deinit {
        var raw: UnsafeMutablePointer<AVPacket>? = unsafe self.raw
        unsafe av_packet_free(&raw)
    }

    /// Borrowed: gone when the packet is filled again.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            guard let data = unsafe raw.pointee.data else { return Span() }
            let span = unsafe Span(_unsafeStart: data, count: Int(raw.pointee.size))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    package var stream: Int { unsafe Int(raw.pointee.stream_index) }

    /// In the stream's time base.
    package var presentation: Int64? {
        let value = unsafe raw.pointee.pts
        return value == proofreel_av_nopts ? nil : value
    }

    package var decoding: Int64? {
        let value = unsafe raw.pointee.dts
        return value == proofreel_av_nopts ? nil : value
    }

    package var isKey: Bool { unsafe raw.pointee.flags & AV_PKT_FLAG_KEY != 0 }

    /// What the sender's clock said for this packet: the last RTCP sender report, carried on by RTP
    /// time (`AV_PKT_DATA_PRFT`).
    package var senderClock: WallTime? {
        var size = 0
        let data = unsafe av_packet_get_side_data(raw, AV_PKT_DATA_PRFT, &size)
        guard let data = unsafe data, size >= MemoryLayout<AVProducerReferenceTime>.size else {
            return nil
        }
        let time = unsafe UnsafeRawPointer(data).loadUnaligned(as: AVProducerReferenceTime.self)
        return WallTime(microseconds: time.wallclock)
    }

    /// Replaces the contents; libav wants zeros after them.
    package mutating func fill(_ bytes: Span<UInt8>, presentation: Int64) throws(AVFailure) {
        unsafe av_packet_unref(raw)
        guard bytes.count <= Int(Int32.max) - Int(AV_INPUT_BUFFER_PADDING_SIZE) else {
            throw AVFailure("take a packet of \(bytes.count) bytes", proofreel_averror_invalid)
        }
        try checked("allocate a packet", unsafe av_new_packet(raw, Int32(bytes.count)))
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress else { return }
            unsafe raw.pointee.data.update(from: from, count: source.count)
        }
        unsafe raw.pointee.pts = presentation
        unsafe raw.pointee.dts = presentation
    }
}
