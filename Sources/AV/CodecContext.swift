internal import CAV

/// Owns an `AVCodecContext`, open or not.
@safe struct CodecContext: ~Copyable {
    let raw: UnsafeMutablePointer<AVCodecContext>

    init(_ codec: UnsafePointer<AVCodec>) throws(AVFailure) {
        guard let raw = unsafe avcodec_alloc_context3(codec) else {
            throw AVFailure("allocate a codec", -12)
        }
        unsafe self.raw = raw
    }

    deinit {
        var raw: UnsafeMutablePointer<AVCodecContext>? = unsafe self.raw
        unsafe avcodec_free_context(&raw)
    }
}
