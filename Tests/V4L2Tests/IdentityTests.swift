import Testing
import V4L2

@Suite struct IdentityTests {
    private static func node(
        _ name: String, serial: String = "", port: String = "0000:00:14.0-usb2-1",
        interface: Int = 0, flags: UInt32 = 0x0420_0001, product: String = "HD Webcam"
    ) -> NodeFacts {
        NodeFacts(
            node: name,
            capabilities: Capabilities(
                flags: flags, driver: "uvcvideo", card: "HD Webcam: HD Web", bus: "usb-1"),
            usb: NodeFacts.USB(
                vendor: "046D", product: "0825", serial: serial, productName: product, port: port,
                interface: interface))
    }

    @Test func `a serial number is the identity, in any socket`() {
        let here = USBCamera.cameras(among: [Self.node("video0", serial: "AB 12")])
        let there = USBCamera.cameras(
            among: [Self.node("video7", serial: "AB 12", port: "0000:00:14.0-usb3-2.4")])
        #expect(here.map(\.id) == ["usb:046d:0825:AB%2012"])
        #expect(here[0].basis == .serial && there[0].id == here[0].id)
        #expect(there[0].node == "/dev/video7")
    }

    @Test func `without a serial number the socket is the identity`() {
        let cameras = USBCamera.cameras(among: [
            Self.node("video2", port: "0000:00:14.0-usb2-3"), Self.node("video0"),
        ])
        #expect(
            cameras.map(\.id) == [
                "usb:046d:0825@0000:00:14.0-usb2-1", "usb:046d:0825@0000:00:14.0-usb2-3",
            ])
        #expect(cameras.allSatisfy { $0.basis == .port && $0.serialID == nil })
    }

    @Test(arguments: ["0000000000", "SN0001", "", "----", "01.00.00"])
    func `a number that every camera has is none`(serial: String) {
        #expect(USBCamera.cameras(among: [Self.node("video0", serial: serial)])[0].basis == .port)
    }

    @Test func `twins with one serial number go by their sockets, and answer to both names`() {
        let twins = USBCamera.cameras(among: [
            Self.node("video0", serial: "A1", port: "c-usb2-1"),
            Self.node("video2", serial: "A1", port: "c-usb2-2"),
        ])
        #expect(twins.map(\.basis) == [.port, .port])
        #expect(twins.allSatisfy { $0.answers(to: "usb:046d:0825:A1") })
        #expect(twins[1].answers(to: "usb:046d:0825@c-usb2-2"))
        #expect(!twins[0].answers(to: "usb:046d:0825@c-usb2-2"))
    }

    @Test func `metadata, memory-to-memory, output and planar nodes are no cameras`() {
        for flags: UInt32 in [0x04A0_0000, 0x0420_8001, 0x0420_0002, 0x0420_1000, 0x0020_0001] {
            let node = Self.node("video1", serial: "A1", flags: flags)
            #expect(USBCamera.cameras(among: [node]).isEmpty)
        }
        #expect(Self.node("video1", flags: 0x0420_1000).capabilities.isInPlanes)
    }

    @Test func `a second picture of one device has a number`() {
        let cameras = USBCamera.cameras(among: [
            Self.node("video2", serial: "A1", interface: 2), Self.node("video0", serial: "A1"),
        ])
        #expect(cameras.map(\.id) == ["usb:046d:0825:A1", "usb:046d:0825:A1#2"])
        #expect(cameras.map(\.node) == ["/dev/video0", "/dev/video2"])
    }

    @Test func `names are not doubled`() {
        #expect(USBCamera.cameras(among: [Self.node("video0")])[0].name == "HD Webcam")
        #expect(
            USBCamera.cameras(among: [Self.node("video0", product: "")])[0].name == "HD Webcam")
        let card = Capabilities(
            flags: 0x0420_0001, driver: "v4l2 loopback", card: "Dummy: left", bus: "platform:v-0")
        let other = USBCamera.cameras(among: [NodeFacts(node: "video5", capabilities: card)])[0]
        #expect(other.name == "Dummy: left" && other.basis == .bus)
        #expect(other.id == "usb:v4l2%20loopback@platform:v-0")
    }

    @Test func `a machine without cameras has an empty list, and opening nothing says so`() {
        #expect(throws: V4L2Failure.self) { _ = try Device(node: "/dev/video-none") }
        _ = CameraList.now()
    }
}
