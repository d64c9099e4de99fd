internal import CV4L2
internal import Glibc

/// One open capture device. Owns its descriptor and its mapped buffers; one thread at a time, which
/// never blocks in here: the device is non-blocking, and `wait` has a limit.
@safe package final class Device {
    package let node: String
    package let capabilities: Capabilities
    let descriptor: Int32
    var buffers: [UnsafeMutableRawBufferPointer] = unsafe []
    var isStreaming = false
    /// Of raw pictures in the mode that was set last; lines may be longer than the picture is wide.
    package internal(set) var bytesPerLine = 0

    /// `node`: a path such as `/dev/video0`.
    package init(node: String) throws(V4L2Failure) {
        self.node = node
        let descriptor = unsafe proofreel_v4l2_open(node)
        guard descriptor >= 0 else { throw V4L2Failure(errno: errno, "open \(node)") }
        self.descriptor = descriptor
        do throws(V4L2Failure) {
            capabilities = try Self.capabilities(of: descriptor, node)
        } catch {
            v4l2_close(descriptor)
            throw error
        }
    }

    /// While a descriptor is open after an unplug, the camera comes back under another number.
    deinit {
        stop()
        v4l2_close(descriptor)
    }

    private static func capabilities(
        of descriptor: Int32, _ node: String
    ) throws(V4L2Failure) -> Capabilities {
        var answer = v4l2_capability()
        let code = unsafe proofreel_v4l2_ioctl(descriptor, proofreel_querycap, &answer)
        guard code >= 0 else { throw V4L2Failure(errno: -code, "open \(node)") }
        // `capabilities` is the union of all nodes of the device, `device_caps` this node's own.
        let own = answer.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0
        return Capabilities(
            flags: own ? answer.device_caps : answer.capabilities,
            driver: text(answer.driver), card: text(answer.card), bus: text(answer.bus_info))
    }

    /// The driver's call, and what it said in our words.
    func call<Argument: BitwiseCopyable>(
        _ request: UInt, _ argument: inout Argument, _ what: @autoclosure () -> String
    ) throws(V4L2Failure) {
        let code = unsafe proofreel_v4l2_ioctl(descriptor, request, &argument)
        guard code < 0 else { return }
        throw asked(-code, what())
    }

    /// For lists, which end where the driver says EINVAL.
    func hasNext<Argument: BitwiseCopyable>(_ request: UInt, _ argument: inout Argument) -> Bool {
        unsafe proofreel_v4l2_ioctl(descriptor, request, &argument) >= 0
    }

    /// EINVAL and EIO are also what a call says that was under way when the camera was pulled out;
    /// asking again tells (QUERYCAP then says ENODEV).
    func asked(_ code: Int32, _ what: String) -> V4L2Failure {
        if code == EINVAL || code == EIO || code == EPIPE, isGone {
            return V4L2Failure(errno: ENODEV, what)
        }
        return V4L2Failure(errno: code, what)
    }

    package var isGone: Bool {
        var answer = v4l2_capability()
        return unsafe proofreel_v4l2_ioctl(descriptor, proofreel_querycap, &answer) == -ENODEV
    }
}

/// What a node is, by its own words.
package struct Capabilities: Hashable, Sendable {
    package let flags: UInt32
    package let driver: String
    package let card: String
    package let bus: String

    package init(flags: UInt32, driver: String, card: String, bus: String) {
        self.flags = flags
        self.driver = driver
        self.card = card
        self.bus = bus
    }

    private static let videoCapture: UInt32 = 0x0000_0001
    private static let output: UInt32 = 0x0000_0002
    private static let captureInPlanes: UInt32 = 0x0000_1000
    private static let memoryToMemory: UInt32 = 0x0000_8000 | 0x0000_4000
    private static let metadata: UInt32 = 0x0080_0000
    private static let streaming: UInt32 = 0x0400_0000

    /// Pictures can be had from it by mapped buffers, and it is nothing else beside.
    package var isCamera: Bool {
        flags & Self.videoCapture != 0 && flags & Self.streaming != 0
            && flags & (Self.output | Self.memoryToMemory | Self.metadata) == 0
    }

    /// Cameras of mobile chips, whose pictures come in several planes: not supported.
    package var isInPlanes: Bool {
        flags & Self.captureInPlanes != 0 && flags & Self.videoCapture == 0
            && flags & Self.memoryToMemory == 0
    }
}

/// A C array of characters, which may fill its room without a zero.
func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
