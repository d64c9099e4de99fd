internal import Base
internal import FragmentFormat
internal import Ingest
internal import JPEG

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

    /// What several threads refuse may be a picture still, with a mistake beside it.
    private static func render(
        _ stretch: Stretch, threads: Int
    ) throws(Failure) -> FrameRenderer.Rendered {
        if threads > 1, let rendered = try? renderOnce(stretch, threads: threads) {
            return rendered
        }
        return try renderOnce(stretch, threads: 1)
    }

    /// The stretch ends with the wanted frame, so all that is decoded is what it needs.
    private static func renderOnce(
        _ stretch: Stretch, threads: Int
    ) throws(Failure) -> FrameRenderer.Rendered {
        func shown(_ sample: Sample) -> Int64 { sample.decode + Int64(sample.composition) }
        var renderer = try FrameRenderer(
            stretch.format, wanted: shown(stretch.wanted), threads: threads)
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
