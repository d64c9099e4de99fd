import Foundation

/// A keyboard that the kernel takes for a real one (`uinput`): what is typed here comes out of its
/// device node.
final class UserKeyboard {
    static let path = "/dev/uinput"
    static var isPossible: Bool { access(path, R_OK | W_OK) == 0 }

    /// As `InputDevice` names it.
    let id: String
    private let descriptor: Int32

    struct Refused: Error { let step: String }

    init(port: String) throws {
        id = "usb:1209:0f09@\(port)"
        descriptor = open(Self.path, O_WRONLY | O_NONBLOCK)
        guard descriptor >= 0 else { throw Refused(step: "open") }
        try call(0x4004_5564, 1, "key events")
        for key in 1..<120 { try call(0x4004_5565, CInt(key), "key \(key)") }
        try port.withCString { text in
            guard ioctl(descriptor, 0x4008_556C, UnsafeMutableRawPointer(mutating: text)) >= 0
            else { throw Refused(step: "port") }
        }
        var setup = [UInt8](repeating: 0, count: 1116)
        setup.replaceSubrange(0..<13, with: Array("Test Keyboard".utf8))
        // Bus, vendor, product, version.
        setup.replaceSubrange(80..<88, with: [3, 0, 0x09, 0x12, 0x09, 0x0F, 1, 0])
        guard write(descriptor, setup, setup.count) == setup.count else {
            throw Refused(step: "setup")
        }
        try call(0x5501, 0, "plug in")
    }

    /// Unplugs it.
    deinit {
        _ = ioctl(descriptor, 0x5502, CInt(0))
        close(descriptor)
    }

    private func call(_ request: UInt, _ value: CInt, _ step: String) throws {
        guard ioctl(descriptor, request, value) >= 0 else { throw Refused(step: step) }
    }

    func press(_ key: UInt16) {
        for value: UInt8 in [1, 0] {
            emit(1, key, value)
            emit(0, 0, 0)
        }
    }

    private func emit(_ type: UInt8, _ key: UInt16, _ value: UInt8) {
        var event = [UInt8](repeating: 0, count: 24)
        event[16] = type
        event[18] = UInt8(key & 0xFF)
        event[19] = UInt8(key >> 8)
        event[20] = value
        _ = write(descriptor, event, event.count)
    }
}
