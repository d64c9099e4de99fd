internal import CV4L2
internal import Glibc

/// The cameras that are plugged in now, by sysfs, which knows them also where no udev runs.
package struct CameraList: Hashable, Sendable {
    package let cameras: [USBCamera]
    /// Nodes that are there and could not be asked what they are. Mostly that passes: soon after
    /// plugging in, udev has not yet said who may; and opening can fail while others open or
    /// close.
    package let unsettled: [Unsettled]
    /// Nodes of cameras of a kind that is not supported (multi-planar).
    package let unsupported: [String]

    package struct Unsettled: Hashable, Sendable {
        package let node: String
        package let failure: V4L2Failure
    }

    package static let nodesMax = 256
    private static let folder = "/sys/class/video4linux"

    package static func now() -> CameraList {
        var facts: [NodeFacts] = []
        var unsettled: [Unsettled] = []
        var unsupported: [String] = []
        for node in names(in: folder).filter({ $0.hasPrefix("video") }).prefix(nodesMax) {
            do throws(V4L2Failure) {
                let capabilities = try Device(node: "/dev/\(node)").capabilities
                if capabilities.isInPlanes { unsupported.append("/dev/\(node)") }
                facts.append(
                    NodeFacts(
                        node: node, index: Int(line("\(folder)/\(node)/index")) ?? 0,
                        capabilities: capabilities, usb: usb(node)))
            } catch {
                // No such call: not a Video4Linux device of today. Not in sysfs: gone by now.
                if error.reason != .unsupported, unsafe access("\(folder)/\(node)", F_OK) == 0 {
                    unsettled.append(Unsettled(node: "/dev/\(node)", failure: error))
                }
            }
        }
        return CameraList(
            cameras: USBCamera.cameras(among: facts), unsettled: unsettled, unsupported: unsupported
        )
    }

    package func cameras(answeringTo id: String) -> [USBCamera] {
        cameras.filter { $0.answers(to: id) }
    }

    /// `…/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0` is an interface; the device stands above it, its
    /// bus and the host controller above that.
    private static func usb(_ node: String) -> NodeFacts.USB? {
        guard let interface = unsafe real("\(folder)/\(node)/device") else { return nil }
        let parts = interface.split(separator: "/").map(String.init)
        guard parts.count >= 4,
            let hub = parts.lastIndex(where: { $0.hasPrefix("usb") && Int($0.dropFirst(3)) != nil }
            ),
            hub > 0, hub + 1 < parts.count
        else { return nil }
        let device = "/" + parts.dropLast().joined(separator: "/")
        let vendor = line("\(device)/idVendor")
        guard !vendor.isEmpty else { return nil }
        // Sockets are numbered for each speed anew, so the hub's version is part of the place; the
        // number of the bus is not, since it may change with the next boot.
        let version = line("/" + parts[...hub].joined(separator: "/") + "/version")
            .prefix { $0 != "." }
        let port = "\(parts[hub - 1])-usb\(version)-\(line("\(device)/devpath"))"
        return NodeFacts.USB(
            vendor: vendor, product: line("\(device)/idProduct"),
            serial: line("\(device)/serial"), productName: line("\(device)/product"), port: port,
            interface: Int(line("\(interface)/bInterfaceNumber"), radix: 16) ?? 0)
    }

    @unsafe private static func real(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved)
    }

    /// The first line of a small file, without white space around it; empty when there is none.
    private static func line(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return "" }
        var line = bytes[..<count].prefix { $0 != 0x0A }.drop { $0 == 0x20 }
        while line.last == 0x20 { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            names.append(name)
        }
        return names.sorted()
    }
}
