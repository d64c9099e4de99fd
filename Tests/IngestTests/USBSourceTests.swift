import Base
import Foundation
import FragmentFormat
import TestSupport
import Testing

/// What USB cameras do, with the kernel's own driver, in a machine that `PROOFREEL_USBCAM` names:
/// the path of `usbcam-vm`. Without it these tests say that they did not run.
@Suite struct USBSourceTests {
    static let machine = ProcessInfo.processInfo.environment["PROOFREEL_USBCAM"]

    init() {
        if Self.machine == nil {
            print("SKIPPED: USB cameras. Set PROOFREEL_USBCAM to the path of usbcam-vm.")
        }
    }

    /// Runs the script of `Machine/cables.sh`; its sections by name.
    private static func run(_ scratch: Scratch) throws -> [String: String] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let script = folder.appendingPathComponent("Machine/cables.sh").path
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let probe = URL(fileURLWithPath: program).deletingLastPathComponent()
            .appendingPathComponent("SourceProbe").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(machine))
        process.arguments = [
            "run", "--cams", "2", "--timeout", "280", "--share", scratch.path, "--", "sh", script,
            probe, scratch.path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(output)
        var sections: [String: String] = [:]
        for section in output.components(separatedBy: "== ").dropFirst() {
            let name = section.prefix { $0 != "\n" }
            sections[String(name)] = String(section.dropFirst(name.count))
        }
        return sections
    }

    @Test(.enabled(if: machine != nil))
    func `cameras are found, followed and judged`() throws {
        let scratch = Scratch()
        let sections = try Self.run(scratch)
        func says(_ section: String, _ words: String) -> Bool {
            sections[section]?.contains(words) ?? false
        }
        // Two cameras, and not their metadata nodes.
        #expect(says("list", "cameras=2"))
        #expect(says("list", "camera usb:1209:0001:UC0000 serial /dev/video0 Test Webcam"))
        #expect(says("unplug", "a failed camera address"))
        #expect(says("unplug", "b stopped"), "the other camera goes on")
        #expect(says("unplug", "absent failed camera address"))
        #expect(says("another-socket", "moved stopped"))
        #expect(says("busy", "second failed camera port"))
        #expect(says("busy", "first stopped"), "who came first is not disturbed")
        #expect(says("freeze", "frozen failed camera firstFrame"))
        #expect(says("freeze", "thawed stopped"))
        #expect(says("broken", "drop cut off"))
        #expect(says("broken", "broken stopped"))
        #expect(says("refuses", "refuses failed camera path"))
        #expect(says("twins", "twin failed configuration address"))
        #expect(says("twins", "camera usb:1209:0001@vhci_hcd.0-usb2-4 port"))
        #expect(says("tables", "tables stopped"))
        #expect(says("watched", "arrived usb:1209:0001:NODHT1"))
        #expect(says("watched", "left usb:1209:0001:UC0000"))
        #expect(sections["end"] != nil)
        for (name, size) in [("mjpeg", (640, 480)), ("yuyv", (320, 240))] {
            let picture = scratch.bytes("\(name)-2.jpg")
            var scanner = JPEGScanner()
            scanner.feed(picture.span)
            #expect(scanner.verdict == .whole)
            #expect(scanner.size == JPEGScanner.Size(width: size.0, height: size.1))
        }
    }
}
