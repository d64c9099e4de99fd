import Base
import EvidenceFormat
import Linux
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Who looks on or takes pictures while people change the camera.
@Suite(.serialized) struct ViewersTests {
    @Test func `a camera that is changed again and again is never lost`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        _ = try CameraOperationTests.add(
            "press-3", owner, url: CameraOperationTests.pattern, #"{"ring_bytes": 16000000}"#)
        try CameraOperationTests.await("press-3", owner)
        // Little credit, so that what it takes at the end is not of before.
        let viewer = try bench.owner(window: 64 << 10)
        var fields = FieldWriter()
        fields.add(.camera, "press-3")
        let live = try viewer.ask(.cameraLive, fields)
        let asker = try bench.owner()
        var said: Set<String> = []
        for round in 0..<8 {
            var change = FieldWriter()
            change.add(.camera, "press-3")
            change.add(.document, #"{"name": "Name \#(round)"}"#)
            let changed = try owner.ask(.cameraSet, change)
            // Asked while it goes on, all at once.
            var open = Set(
                try (0..<6).map { i in
                    try asker.ask(i % 3 == 0 ? .cameraShow : .snap, fields)
                })
            while !open.isEmpty {
                let frame = try asker.receive()
                if let error = frame.error {
                    let retry = try frame.int(.retryMilliseconds) ?? 0
                    said.insert("\(error.word) \(retry)")
                }
                if frame.type == .reply { said.insert("done") }
                if frame.header.isLast { open.remove(frame.header.stream) }
            }
            #expect(try owner.answer(of: changed).error == nil)
        }
        #expect(said.isSubset(of: ["done", "busy 200"]), "\(said)")
        #expect(said.contains("done"))

        // The live view was not ended, and shows what comes now.
        try CameraOperationTests.await("press-3", owner)
        let now = bench.clock.now.microseconds
        let pieces = try FeedTests().pieces(viewer, live, 40)
        let newest = try pieces.compactMap { try Fields($0.fields.span).int(.instant) }.max() ?? 0
        #expect(newest > now)
        try bench.close()
    }
}
