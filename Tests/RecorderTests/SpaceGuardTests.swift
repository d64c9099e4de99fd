import Base
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

@Suite(.serialized) struct SpaceGuardTests {
    @Test func `rings shrink before evidence lacks space, and grow back`() throws {
        let bench = try RecorderBench()
        try bench.add("a", "test:mjpeg?size=256x144&fps=20", ring: 32 << 20)
        try bench.add("b", "test:mjpeg?size=256x144&fps=20", ring: 16 << 20)
        try #require(try bench.wait("a", frames: 60))
        let cameras = bench.recorder.all
        let free = try DiskSpace(at: bench.scratch.path).freeBytes
        // More must stay free than there is: all that can be given is given.
        SpaceGuard(bench.scratch.path, floor: free + (1 << 40)).look(cameras)
        for camera in cameras { #expect(camera.ring.byteCount == RingOptions.bytesMin) }
        // Recording goes on, and so do pictures.
        let frames = try bench.recorder.camera("a").report.status.frames
        try #require(try bench.wait("a", frames: frames + 40))
        #expect(try bench.snap(["a", "b"]).count == 2)
        SpaceGuard(bench.scratch.path, floor: 1 << 20).look(cameras)
        #expect(try bench.recorder.camera("a").ring.byteCount == 32 << 20)
        #expect(try bench.recorder.camera("b").ring.byteCount == 16 << 20)
        try bench.close()
    }

    @Test func `a ring that the disk has no room for is refused with what to do`() throws {
        let scratch = Scratch()
        let free = try DiskSpace(at: scratch.path).freeBytes
        let failure = #expect(throws: Failure.self) {
            _ = try SpaceGuard(scratch.path, floor: free + (1 << 40)).grant(
                1 << 30, path: scratch.path + "/x.ring")
        }
        #expect(failure?.kind == .full)
        #expect(failure?.words.contains("free space") == true)
    }
}
