internal import CLinux
internal import Base

/// A keyboard, foot switch or scanner of this machine, as sysfs describes it.
package struct InputDevice: Hashable, Sendable {
    /// Stays the same over reboots and ports where the device has a serial number, else over
    /// reboots at the same port: `usb:046d:c31c:SERIAL`, `usb:046d:c31c@usb-0000:00:14.0-2/input0`.
    package let id: String
    package let name: String
    /// `/dev/input/event3`; another one after each plugging in.
    package let node: String

    /// Those that have keys to press, in the order of their nodes.
    package static func all(below root: String = "/sys/class/input") -> [InputDevice] {
        let files = RealFileSystem()
        var found: [InputDevice] = []
        for name in names(below: root) {
            let folder = "\(root)/\(name)/device"
            func text(_ file: String) -> String? {
                do throws(Failure) {
                    let bytes = try files.text(of: "\(folder)/\(file)")
                    return bytes.isEmpty ? nil : bytes
                } catch {
                    return nil
                }
            }
            guard let keys = text("capabilities/key"),
                keys.contains(where: { $0 != "0" && $0 != " " })
            else { continue }
            let bus = text("id/bustype") == "0003" ? "usb" : "input"
            let model = "\(bus):\(text("id/vendor") ?? "0000"):\(text("id/product") ?? "0000")"
            let id =
                if let serial = text("uniq") { "\(model):\(serial)" } else {
                    "\(model)@\(text("phys") ?? name)"
                }
            found.append(
                InputDevice(id: id, name: text("name") ?? name, node: "/dev/input/\(name)"))
        }
        return found
    }

    private static func names(below root: String) -> [String] {
        let files = RealFileSystem()
        // Numbers have no gaps worth speaking of; what was unplugged leaves few.
        return (0..<Self.nodesMax).map { "event\($0)" }.filter { files.exists("\(root)/\($0)") }
    }

    private static let nodesMax = 256
}

extension RealFileSystem {
    /// A file of sysfs: it has a length of its own opinion, and one line.
    fileprivate func text(of path: String) throws(Failure) -> String {
        let file = try open(path, .read)
        var bytes: [UInt8] = []
        try file.read(at: 0, count: 4096, into: &bytes)
        while bytes.last == 0x0A { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
