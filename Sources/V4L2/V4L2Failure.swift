internal import Base
internal import CV4L2
internal import Glibc

/// What a camera device refused, and why.
package struct V4L2Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// Unplugged.
        case gone
        /// Another program streams from it.
        case busy
        /// This user may not open it; or, for a moment, udev has not yet said who may.
        case denied
        /// The USB bus has no bandwidth left.
        case bandwidth
        /// The camera does not do what was asked of it.
        case refused
        /// The camera or its driver reports an error.
        case io
        /// No capture device, or one of a kind we do not know.
        case unsupported
        /// This process or machine has run out of something.
        case exhausted
        case other(Int32)
    }

    package let reason: Reason
    /// One plain sentence.
    package let words: String

    package init(_ reason: Reason, _ words: String) {
        self.reason = reason
        self.words = words
    }

    /// Maps what the driver said; `what` is the thing that was tried.
    init(errno code: Int32, _ what: String) {
        switch code {
        case ENODEV, ENXIO, ENOENT: self.init(.gone, "\(what): the camera is not plugged in")
        case EBUSY: self.init(.busy, "\(what): another program is using the camera")
        case EACCES, EPERM: self.init(.denied, "\(what): this user may not use the camera")
        case ENOSPC: self.init(.bandwidth, "\(what): the USB bus has no bandwidth left")
        case EINVAL, ERANGE: self.init(.refused, "\(what): the camera does not do that")
        case EIO, EPIPE, EPROTO, ETIMEDOUT, EILSEQ:
            self.init(.io, "\(what): the camera reports an error")
        case ENOTTY: self.init(.unsupported, "\(what): the device does not know that")
        case EMFILE, ENFILE, ENOMEM:
            self.init(.exhausted, "\(what): this machine has no memory or descriptors left")
        default:
            let text = unsafe String(cString: strerror(code))
            self.init(.other(code), "\(what): \(text)")
        }
    }

    package var description: String { words }
}
