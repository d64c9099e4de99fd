/// A camera that is plugged in, with a name that stays. Video4Linux numbers devices as they come,
/// so `/dev/video0` is another camera tomorrow and never an identity.
package struct USBCamera: Hashable, Sendable {
    package enum Basis: String, Hashable, Sendable {
        /// Vendor, product and serial number: the same camera wherever it is plugged in.
        case serial
        /// Vendor, product and the socket, because the camera has no serial number that tells it
        /// from its twins: whatever camera of this model is in this socket.
        case port
        /// Not a USB camera: by driver and bus.
        case bus
    }

    /// `usb:046d:0825:AB12CD34`, `usb:046d:0825@0000:00:14.0-usb2-1.4`,
    /// `usb:vivid@platform:vivid-000`.
    package let id: String
    package let basis: Basis
    /// By the socket, whatever `basis` is; equal to `id` when that is what it goes by.
    package let portID: String
    /// By the serial number, also when a twin makes it useless; nil when there is none.
    package let serialID: String?
    /// For people.
    package let name: String
    /// `/dev/video0`; for now.
    package let node: String

    /// Whether `text` is one of this camera's identities.
    package func answers(to text: String) -> Bool {
        text == id || text == portID || text == serialID
    }
}

/// What sysfs and the driver say of one node.
package struct NodeFacts: Hashable, Sendable {
    package struct USB: Hashable, Sendable {
        package var vendor: String
        package var product: String
        package var serial: String
        package var productName: String
        /// The socket: host controller, USB version of its hub, and the way through hubs.
        package var port: String
        /// A device may have several video functions.
        package var interface: Int

        package init(
            vendor: String, product: String, serial: String, productName: String, port: String,
            interface: Int = 0
        ) {
            self.vendor = vendor
            self.product = product
            self.serial = serial
            self.productName = productName
            self.port = port
            self.interface = interface
        }
    }

    /// `video0`.
    package var node: String
    package var index: Int
    package var capabilities: Capabilities
    package var usb: USB?

    package init(node: String, index: Int = 0, capabilities: Capabilities, usb: USB? = nil) {
        self.node = node
        self.index = index
        self.capabilities = capabilities
        self.usb = usb
    }
}

extension USBCamera {
    /// The cameras among some nodes. A serial number counts while no other device that is plugged
    /// in has the same.
    package static func cameras(among nodes: [NodeFacts]) -> [USBCamera] {
        let nodes = nodes.filter(\.capabilities.isCamera).sorted { a, b in
            (a.usb?.interface ?? 0, a.index, a.node.count, a.node)
                < (b.usb?.interface ?? 0, b.index, b.node.count, b.node)
        }
        var ports: [String: Set<String>] = [:]
        for usb in nodes.compactMap(\.usb) {
            if let serial = serialID(usb) { ports[serial, default: []].insert(usb.port) }
        }
        var seen: [String: Int] = [:]
        return nodes.map { node in
            guard let usb = node.usb else { return other(node, &seen) }
            let port = portID(usb)
            let count = seen[port, default: 0] + 1
            seen[port] = count
            // The second and later pictures of one device, such as a depth camera's.
            let suffix = count > 1 ? "#\(count)" : ""
            let serial = serialID(usb)
            let isUnique = serial.map { ports[$0]?.count == 1 } ?? false
            return USBCamera(
                id: (isUnique ? serial ?? port : port) + suffix,
                basis: isUnique ? .serial : .port, portID: port + suffix,
                serialID: serial.map { $0 + suffix },
                name: name(usb.productName.isEmpty ? node.capabilities.card : usb.productName),
                node: "/dev/" + node.node)
        }.sorted { $0.id < $1.id }
    }

    private static func other(_ node: NodeFacts, _ seen: inout [String: Int]) -> USBCamera {
        let bus = escaped(node.capabilities.bus, keeping: ":")
        let base = "usb:\(escaped(node.capabilities.driver))@\(bus)"
        let count = seen[base, default: 0] + 1
        seen[base] = count
        let id = base + (count > 1 ? "#\(count)" : "")
        return USBCamera(
            id: id, basis: .bus, portID: id, serialID: nil, name: name(node.capabilities.card),
            node: "/dev/" + node.node)
    }

    private static func model(_ usb: NodeFacts.USB) -> String {
        "usb:\(usb.vendor.lowercased()):\(usb.product.lowercased())"
    }

    private static func portID(_ usb: NodeFacts.USB) -> String {
        "\(model(usb))@\(escaped(usb.port, keeping: ":"))"
    }

    private static func serialID(_ usb: NodeFacts.USB) -> String? {
        guard isSerial(usb.serial) else { return nil }
        return "\(model(usb)):\(escaped(usb.serial))"
    }

    /// Numbers that makers put into every camera of a model.
    private static let placeholders: Set<String> = [
        "sn0001", "sn00001", "01.00.00", "1.0.0", "200901010001", "12345678", "123456789",
        "0123456789abcdef",
    ]

    static func isSerial(_ serial: String) -> Bool {
        let letters = serial.lowercased().filter { $0.isLetter || $0.isNumber }
        return Set(letters).count > 1 && !placeholders.contains(serial.lowercased())
    }

    /// Identities are words of a URL: everything else becomes `%XX`.
    static func escaped(_ text: String, keeping more: String = "") -> String {
        let more = Set(more.utf8)
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: bytes.append(byte)
            case _ where more.contains(byte): bytes.append(byte)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Drivers write the product twice: `Test Webcam: Test Webcam`, the second one cut off.
    static func name(_ card: String) -> String {
        var text = card[...]
        while text.last == " " { text.removeLast() }
        guard let colon = text.firstIndex(of: ":") else { return String(text) }
        let first = text[..<colon]
        let second = text[text.index(after: colon)...].drop { $0 == " " }
        return first.hasPrefix(second) ? String(first) : String(text)
    }
}
