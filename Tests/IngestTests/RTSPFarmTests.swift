import Base
import CameraSupport
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

/// Against another camera server than our own, if there is one: `PROOFREEL_TESTCAMS` names the port
/// of an `rtsp_farm.py` with H.264 at camera 0, H.265 at 1, B-frames at 2 and slices at 3.
@Suite struct RTSPFarmTests {
    static let port = ProcessInfo.processInfo.environment["PROOFREEL_TESTCAMS"]

    static let faults = [
        "401", "403", "404", "454", "461", "500", "503", "hang", "down", "slow", "redirect",
        "badsdp", "nosprop", "hugehdr", "garbageresp", "stall", "close", "reset", "garbage",
        "badlen", "trickle", "corrupt", "loss", "dup", "reorder", "badrtp", "burst", "freeze",
        "nokey", "paramchange", "tsjump", "seqjump", "bye", "nosr", "clockoff", "none",
    ]

    @Test(.enabled(if: port != nil, "PROOFREEL_TESTCAMS is not set"), arguments: faults, 0..<4)
    func `every fault has an end`(_ fault: String, _ camera: Int) throws {
        let stop = StopSignal()
        let sink = RecordingSink(until: 60, stop)
        sink.dropsEnough = 100
        var options = RTSPSource.Options()
        options.connectMilliseconds = 3000
        options.stallMilliseconds = 3000
        options.keyMilliseconds = 3000
        let port = Self.port ?? ""
        let query = fault == "none" ? "" : "?fault=\(fault)&after=0.5"
        let url = try CameraURL("rtsp://127.0.0.1:\(port)/cam\(camera)\(query)")
        var verdict = "ended"
        do throws(SourceFailure) {
            try RTSPSource(url, options: options).run(into: sink, until: stop)
        } catch { verdict = "\(error.cause) at \(error.rung): \(error)" }
        let formats = sink.formats.map { "\($0.codec) \($0.width)x\($0.height)" }
        print(
            "farm cam\(camera) \(fault): \(sink.frames.count) frames, \(formats),",
            "\(Set(sink.drops)) \(sink.drops.count) drops; \(verdict)")
        if ["none", "dup", "nosr", "clockoff", "freeze", "tsjump", "burst"].contains(fault) {
            #expect(sink.frames.count >= 60)
        }
    }
}
