package import Base
internal import CAV

/// Width and height of coded pictures, as libav's own parser reads them from parameter sets and a
/// slice; nothing is decoded.
package enum PictureSize {
    package static let sideMax = 16384

    /// - accessUnit: one whole picture in Annex B, parameter sets first. Nil when they are broken.
    package static func read(
        _ accessUnit: [UInt8], codec: Codec
    ) -> (width: Int, height: Int)? {
        let log = LogLines()
        log.start()
        defer { log.stop() }
        var context = unsafe avcodec_alloc_context3(avcodec_find_decoder(codec.id))
        defer { unsafe avcodec_free_context(&context) }
        let parser = unsafe av_parser_init(Int32(codec.id.rawValue))
        defer { unsafe av_parser_close(parser) }
        guard unsafe context != nil, let parser = unsafe parser else { return nil }
        unsafe parser.pointee.flags |= PARSER_FLAG_COMPLETE_FRAMES
        // libav reads a few bytes past the end, and wants zeros there.
        let count = Int32(clamping: accessUnit.count)
        let padded = accessUnit + [UInt8](repeating: 0, count: Int(AV_INPUT_BUFFER_PADDING_SIZE))
        var out: UnsafeMutablePointer<UInt8>?
        var outCount: Int32 = 0
        unsafe padded.withUnsafeBufferPointer { padded in
            _ = unsafe av_parser_parse2(
                parser, context, &out, &outCount, padded.baseAddress, count, proofreel_av_nopts,
                proofreel_av_nopts, 0)
        }
        let width = unsafe Int(parser.pointee.width)
        let height = unsafe Int(parser.pointee.height)
        guard 1...sideMax ~= width, 1...sideMax ~= height else { return nil }
        return (width, height)
    }
}
