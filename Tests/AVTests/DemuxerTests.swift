import AV
import Base
import Glibc
import Testing

@Suite struct DemuxerTests {
    @Test func `nobody there is refused, and says so without credentials`() {
        let error = #expect(throws: AVFailure.self) {
            _ = try Demuxer(
                url: "rtsp://qa:secret@127.0.0.1:9/live", format: "rtsp",
                options: ["rtsp_transport": "tcp"], interrupt: Interrupt { false })
        }
        #expect(error?.reason == .refused)
        #expect(error.map { "\($0)" }?.contains("secret") == false)
        #expect(error?.failure.words.contains("secret") == false)
    }

    @Test func `whoever has stopped opens nothing`() {
        let error = #expect(throws: AVFailure.self) {
            _ = try Demuxer(
                url: "rtsp://192.0.2.1/live", format: "rtsp",
                options: ["rtsp_transport": "tcp"], interrupt: Interrupt { true })
        }
        #expect(error?.reason == .stopped)
    }

    @Test func `a deadline ends the wait for a server that says nothing`() throws {
        // The kernel accepts for it.
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(socket, address, size)
                _ = getsockname(socket, address, &size)
            }
        }
        try #require(listen(socket, 5) == 0)
        let interrupt = Interrupt { false }
        interrupt.setDeadline(afterMilliseconds: 200)
        let error = #expect(throws: AVFailure.self) {
            _ = try Demuxer(
                url: "rtsp://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/live",
                format: "rtsp", options: ["rtsp_transport": "tcp"], interrupt: interrupt)
        }
        #expect(error?.reason == .timedOut)
    }

    @Test func `times are converted without losing or trapping`() {
        #expect(TimeBase(1, 90_000).microseconds(90_000) == 1_000_000)
        #expect(TimeBase(1, 90_000).microseconds(-3600) == -40_000)
        #expect(TimeBase(1, 90_000).microseconds(.max / 2) > 0)
        #expect(TimeBase(1000, 1).microseconds(.max) == .max)
        #expect(TimeBase(1000, 1).microseconds(.min) == .min)
        #expect(TimeBase(1, 0).microseconds(5) == 5_000_000)
        #expect(TimeBase(1, 2).microseconds(.max) == .max)
    }
}
