internal import Base
internal import FragmentFormat
internal import Ingest
internal import JPEG
internal import Linux

/// One frame as a picture: the camera's own JPEG, or one that was rendered from its stream.
struct Picture: Sendable {
    let jpeg: [UInt8]
    let width: Int
    let height: Int
    let flags: [String]

    /// Rendered from a stream, by so many threads.
    init(rendering stretch: Stretch, threads: Int) throws(Failure) {
        let rendered = try Self.render(stretch, threads: threads)
        jpeg = rendered.jpeg
        (width, height) = (rendered.width, rendered.height)
        flags = PictureFlags.of(rendered.grey) + Self.frozen(stretch)
    }

    /// The camera's own.
    init(
        _ stretch: Stretch, _ frame: FrameFindings.Frame, _ findings: FrameFindings
    ) {
        jpeg = stretch.media
        let finding = findings.finding(of: frame) { Self.look(at: stretch) }
        (width, height, flags) = (finding.width, finding.height, finding.flags)
    }

    private static func look(at stretch: Stretch) -> FrameFindings.Finding {
        var size = (stretch.format.width, stretch.format.height)
        var flags: [String] = []
        do throws(Failure) {
            let header = try JPEGHeader(stretch.media.span)
            size = (header.width, header.height)
            flags = PictureFlags.of(try GreyPicture(jpeg: stretch.media.span, scale: .quarter))
        } catch {
            // A picture that cannot be decoded is still what the camera sent.
            flags.append(PictureFlags.damaged)
        }
        return FrameFindings.Finding(
            width: size.0, height: size.1, flags: flags + frozen(stretch))
    }

    private static func frozen(_ stretch: Stretch) -> [String] {
        PictureFlags.isFrozen(stretch) ? [PictureFlags.frozen] : []
    }

    /// Without looking what is odd about it.
    static func rendered(_ stretch: Stretch, threads: Int) throws(Failure) -> [UInt8] {
        stretch.format.codec.isIntra ? stretch.media : try render(stretch, threads: threads).jpeg
    }

    /// So many pixels must be decoded before several threads do it, as in 48 frames of full HD.
    /// libavcodec's threads begin a frame while the one before it, which it builds on, is not done.
    /// With two, a moving scene takes five eighths of the time; one that stands still takes more,
    /// because they wait for each other longer than they decode.
    private static let pixelsManyThreads = 100_000_000

    /// What several threads refuse may be a picture still, with a mistake beside it.
    private static func render(
        _ stretch: Stretch, threads: Int
    ) throws(Failure) -> FrameRenderer.Rendered {
        let companion = threads > 1 ? Companion(name: "lower-half") : nil
        let pixels = stretch.samples.count * stretch.format.width * stretch.format.height
        if threads > 1, pixels >= pixelsManyThreads,
            let rendered = try? render(stretch, threads: threads, companion)
        {
            return rendered
        }
        return try render(stretch, threads: 1, companion)
    }

    /// The stretch ends with the wanted frame, so all that is decoded is what it needs.
    private static func render(
        _ stretch: Stretch, threads: Int, _ companion: Companion?
    ) throws(Failure) -> FrameRenderer.Rendered {
        func shown(_ sample: Sample) -> Int64 { sample.decode + Int64(sample.composition) }
        var renderer = try FrameRenderer(
            stretch.format, wanted: shown(stretch.wanted), threads: threads,
            companion: companion)
        let media = stretch.media
        var offset = 0
        for sample in stretch.samples {
            let bytes = media.span.extracting(offset..<(offset + Int(sample.size)))
            if try renderer.add(bytes, media: shown(sample)) { break }
            offset += Int(sample.size)
        }
        return try renderer.render()
    }

    /// Stands in the leaf of a rendered picture.
    static let making = "libavcodec, then libjpeg-turbo at quality 90"
}
