internal import AV
package import Base
package import JPEG
package import Linux

/// Makes the JPEG of one wanted frame out of the samples from its key frame up to it. What stands
/// after the wanted frame in the order of decoding is never needed, whatever is presented first.
/// Belongs to one thread, and to one picture.
package struct FrameRenderer: ~Copyable {
    package static let usualQuality = 90

    package struct Rendered: Sendable {
        package let jpeg: [UInt8]
        package let width: Int
        package let height: Int
        /// The same in small, for looking at it.
        package let grey: GreyPicture
    }

    private let codec: Codec
    private let wanted: Int64
    private let companion: Companion?
    private var decoder: Decoder
    private var packet = Packet()
    private var frame = Frame()
    private var other = Frame()
    private var found = false
    /// It, or one that it may be predicted from.
    private var damaged = false
    private var fed = 0

    /// - wanted: the frame's `FrameTime.media`.
    /// - threads: how many decode. Several refuse more than one does, and show nothing else.
    /// - companion: makes half of the JPEG.
    package init(
        _ format: StreamFormat, wanted: Int64, threads: Int = 1, companion: Companion? = nil
    ) throws(Failure) {
        codec = format.codec
        self.wanted = wanted
        self.companion = companion
        do throws(AVFailure) {
            decoder = try Decoder(
                format.codec, parameterSets: format.parameterSets, threads: threads)
        } catch { throw error.failure }
    }

    /// The next sample in the order of decoding, the first being a key frame: NAL units with their
    /// lengths before them in 4 bytes. True when no more are needed.
    package mutating func add(_ sample: Span<UInt8>, media: Int64) throws(Failure) -> Bool {
        if found { return true }
        // Nothing refers to it, so the wanted frame does not need it.
        if media != wanted, fed > 0, Self.isDisposable(sample, codec) { return false }
        do throws(AVFailure) {
            try packet.fill(lengthPrefixed: sample, presentation: media)
            try decoder.send(packet)
            fed += 1
            if media == wanted { try decoder.finish() }
            try takeFrames()
        } catch { throw error.failure }
        return found || media == wanted
    }

    private mutating func takeFrames() throws(AVFailure) {
        while !found {
            guard try decoder.receive(into: &frame) else { return }
            found = frame.presentation == wanted
            damaged = damaged || frame.isDamaged
        }
        while try decoder.receive(into: &other) { damaged = damaged || other.isDamaged }
    }

    /// H.264 says of each slice whether anything refers to it.
    private static func isDisposable(_ sample: Span<UInt8>, _ codec: Codec) -> Bool {
        guard codec == .h264 else { return false }
        var at = 0
        var sawSlice = false
        while at + 5 <= sample.count {
            let length = Int(sample.bigEndian(UInt32.self, at: at))
            let header = sample[at + 4]
            if 1...5 ~= header & 31 {
                if header & 0x60 != 0 { return false }
                sawSlice = true
            }
            at += 4 + length
        }
        return sawSlice
    }

    /// The picture, at full size. Fails rather than show a picture that is not exactly the frame.
    package mutating func render(
        quality: Int = FrameRenderer.usualQuality
    ) throws(Failure) -> Rendered {
        guard found else {
            throw Failure(
                .notFound,
                "the frame at \(wanted) µs does not come out of its fragment;"
                    + " ask for another instant")
        }
        guard !damaged else {
            throw Failure(
                .corrupt,
                "the frame at \(wanted) µs cannot be decoded without a guess;"
                    + " ask for another instant")
        }
        guard let layout = frame.layout, let subsampling = Self.subsampling(layout) else {
            throw Failure(
                .unsupported,
                "the camera's colours are in a layout that JPEG cannot hold;"
                    + " set the stream to 4:2:0 and 8 bits")
        }
        return try encode(layout, subsampling, quality)
    }

    private static func subsampling(_ layout: Frame.Layout) -> JPEGHeader.Subsampling? {
        if layout.planeCount == 1 { return .grey }
        switch (layout.acrossLog2, layout.downLog2) {
        case (0, 0): return .yuv444
        case (1, 0): return .yuv422
        case (1, 1): return .yuv420
        case (0, 1): return .yuv440
        case (2, 0): return .yuv411
        default: return nil
        }
    }

    private func encode(
        _ layout: Frame.Layout, _ subsampling: JPEGHeader.Subsampling, _ quality: Int
    ) throws(Failure) -> Rendered {
        let range: YUVPicture.Range = frame.isFullRange ? .full : .limited
        let matrix: YUVPicture.Matrix = frame.isBT709 ? .bt709 : .bt601
        if layout.depth > 8 {
            let (y, u, v) = (frame.copyOfPlane(0), frame.copyOfPlane(1), frame.copyOfPlane(2))
            let wide = (frame.width + (1 << layout.acrossLog2) - 1) >> layout.acrossLog2
            return try encode(
                YUVPicture(
                    width: frame.width, height: frame.height, subsampling: subsampling, y: y.span,
                    u: u.span, v: v.span, strides: (frame.width, wide, wide), range: range,
                    matrix: matrix), quality)
        }
        return try encode(
            YUVPicture(
                width: frame.width, height: frame.height, subsampling: subsampling,
                y: frame.plane(0), u: frame.plane(1), v: frame.plane(2),
                strides: (frame.stride(0), frame.stride(1), frame.stride(2)), range: range,
                matrix: matrix), quality)
    }

    private func encode(
        _ picture: borrowing YUVPicture, _ quality: Int
    ) throws(Failure) -> Rendered {
        var encoder = try JPEGEncoder()
        let beside = companion.map { companion -> JPEGEncoder.Beside in
            { work in
                companion.begin(work)
                return { companion.wait() }
            }
        }
        let (jpeg, grey) = try encoder.encodeHalves(picture, quality: quality, beside: beside)
        return Rendered(jpeg: jpeg, width: picture.width, height: picture.height, grey: grey)
    }
}

extension FrameRenderer {
    /// The same for samples that lie in memory already.
    package static func render(
        _ format: StreamFormat, samples: [(bytes: [UInt8], media: Int64)], wanted: Int64,
        quality: Int = FrameRenderer.usualQuality, threads: Int = 1
    ) throws(Failure) -> Rendered {
        var renderer = try FrameRenderer(format, wanted: wanted, threads: threads)
        for sample in samples {
            let bytes = sample.bytes
            if try renderer.add(bytes.span, media: sample.media) { break }
        }
        return try renderer.render(quality: quality)
    }
}
