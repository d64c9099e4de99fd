internal import Base
internal import Ingest
internal import JPEG

/// One frame as a picture: the camera's own JPEG, or one that was rendered from its stream.
struct Picture: Sendable {
    let jpeg: [UInt8]
    let width: Int
    let height: Int
    let flags: [String]
    /// What it was rendered from; nil for a camera's own JPEG.
    let stream: Stretch?

    init(_ stretch: Stretch) throws {
        if stretch.format.codec.isIntra {
            jpeg = stretch.media
            stream = nil
        } else {
            jpeg = []
            stream = stretch
        }
        var flags: [String] = []
        var size = (stretch.format.width, stretch.format.height)
        do throws(Failure) {
            let bytes = jpeg
            let header = try JPEGHeader(bytes.span)
            size = (header.width, header.height)
            flags = PictureFlags.of(try GreyPicture(jpeg: bytes.span, scale: .quarter))
        } catch {
            // A picture that cannot be decoded is still what the camera sent.
            flags.append(PictureFlags.damaged)
        }
        if PictureFlags.isFrozen(stretch) { flags.append(PictureFlags.frozen) }
        (width, height) = size
        self.flags = flags
    }

    /// Stands in the leaf of a rendered picture.
    static let making = "libavcodec, then libjpeg-turbo at quality 90"
}
