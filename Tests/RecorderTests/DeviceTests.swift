import Base
import CameraSupport
import Evidence
import EvidenceFormat
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// A camera that was exchanged for another one, and all that only looks like it.
@Suite(.serialized) struct DeviceTests {
    static let first = DeviceTraits(hardware: "00:1b:63:84:45:e6", name: "Alpha 1.0")
    static func at(_ seconds: Int64) -> WallTime { WallTime(microseconds: seconds * 1_000_000) }

    @Test func `another network card is another device, and a new name is not`() {
        let updated = DeviceTraits(hardware: "00:1b:63:84:45:e6", name: "Alpha Pro")
        let twin = DeviceTraits(hardware: "00:1b:63:84:45:e7", name: "Alpha 1.0")
        #expect(!updated.isAnother(than: Self.first))
        #expect(twin.isAnother(than: Self.first))
    }

    @Test func `where no card is known, the name counts, and no version in it`() {
        func named(_ name: String) -> DeviceTraits { DeviceTraits(name: name) }
        #expect(named("Beta 1.0").isAnother(than: Self.first))
        #expect(!named("Alpha 2.0.17").isAnother(than: Self.first))
        #expect(!DeviceTraits().isAnother(than: Self.first))
        #expect(named("\u{1B}[2J\n").name == "[2J")
        #expect(named("\n\t ").isEmpty)
    }

    @Test func `frames of the other device are told from those before and after`() {
        var device = KnownDevice(Self.first)
        device.met(Self.first, at: Self.at(5))
        #expect(!device.isSwapped)
        let other = DeviceTraits(hardware: "00:00:00:00:00:01", name: nil)
        device.met(other, at: Self.at(10))
        device.met(other, at: Self.at(12))
        #expect(device.isSwapped && device.otherFrom == Self.at(10))
        device.met(Self.first, at: Self.at(20))
        #expect(!device.isSwapped)
        #expect(
            [9, 10, 20, 21].map { device.isSwapped(at: Self.at($0)) } == [
                false, true, true, false,
            ])
        #expect(KnownDevice(device.json) == device)
        device.met(other, at: Self.at(30))
        // The clock was set back since, to before the other one came.
        #expect(device.isSwapped(at: Self.at(24), now: Self.at(25)))
        device.accept()
        #expect(device == KnownDevice(other))
    }

    @Test func `the kernel's table of neighbours is read as it writes it`() throws {
        let table = """
            IP address       HW type     Flags       HW address            Mask     Device
            10.0.0.7         0x1         0x2         00:1B:63:84:45:E6     *        eth0
            10.0.0.70        0x1         0x2         00:1b:63:84:45:e7     *        eth0
            10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        eth0
            """
        func card(_ last: UInt8) throws -> String? {
            let address = try #require(IPAddress(bytes: [10, 0, 0, last]))
            return Neighbours.card(of: address, inTable: table)
        }
        #expect(try card(7) == "00:1b:63:84:45:e6")
        #expect(try card(8) == nil)
        #expect(try card(9) == nil)
    }

    /// One address, and who answers there.
    final class Place {
        private var server: CameraServer?
        private(set) var port = 0

        func put(_ name: String, _ clip: RTSPClip) throws {
            server = nil
            server = try CameraServer([
                "--video", clip.path, "--name", name, "--rtsp-port", "\(port)",
            ])
            port = server?.rtspPort ?? 0
        }

        func leave() { server = nil }
    }

    static func wait(_ what: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<1500 {
            if try what() { return true }
            pauseFor(milliseconds: 20)
        }
        return false
    }

    @Test func `pictures of another device are flagged until a person accepts it`() throws {
        let bench = try RecorderBench()
        let small = try RTSPClip("test:h264?size=256x144&hurry=1&frames=50", in: bench.scratch)
        let large = try RTSPClip(
            "test:h264?size=320x180&hurry=1&frames=50", in: bench.scratch, as: "large.clip")
        let place = Place()
        try place.put("Alpha 1.0", small)
        try bench.add("cam", "rtsp://127.0.0.1:\(place.port)/live")
        func flags(_ at: WallTime? = nil) throws -> [String] {
            try bench.snap(["cam"], at: at).first?.receipt.leaf.body["flags"]?.array?.compactMap(
                \.string) ?? []
        }
        /// Waits until the next one of this width records.
        func records(_ width: Int, connections: UInt64) throws -> Bool {
            let report = try bench.recorder.camera("cam").report
            return Self.wait {
                let status = report.status
                return status.state == .recording && status.connections >= connections
                    && status.format?.width == width
            }
        }
        try #require(try bench.wait("cam", frames: 30))
        #expect(try !flags().contains("swapped"))
        // The same camera with a new version and a larger picture.
        place.leave()
        let connections = try bench.recorder.camera("cam").report.status.connections
        try place.put("Alpha 2.0", large)
        try #require(try records(320, connections: connections + 1))
        #expect(try flags().contains("size-changed"))
        #expect(try !flags().contains("swapped"))
        let before = bench.clock.now
        // Another one with the picture of the first.
        try place.put("Beta 2.0", small)
        try #require(try records(256, connections: connections + 2))
        #expect(try flags().contains("swapped"))
        #expect(try !flags(before).contains("swapped"))
        #expect(try bench.recorder.book.camera("cam").device?.isSwapped == true)
        // A restart of the server forgets nothing.
        try bench.reopen()
        try #require(try bench.wait("cam", frames: 5))
        #expect(try flags().contains("swapped"))
        try bench.recorder.acceptDevice(of: "cam")
        #expect(try !flags().contains("swapped"))
        #expect(throws: Failure.self) { try bench.recorder.acceptDevice(of: "cam") }
        // Behind another address stands another camera, and none is known yet.
        var config = try bench.recorder.book.camera("cam")
        config.url = try CameraURL("test:mjpeg?size=256x144")
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        #expect(try bench.recorder.book.camera("cam").device == nil)
        try bench.close()
    }
}
