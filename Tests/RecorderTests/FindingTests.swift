import Base
import FragmentFormat
import Linux
import Synchronization
import TestSupport
import Testing

@testable import Ingest
@testable import Recorder

/// Looking at a frame is done once for all who want it.
struct FindingTests {
    private static func frame(_ sequence: UInt64, camera: String = "press-1") -> FrameFindings.Frame
    {
        FrameFindings.Frame(
            camera: camera,
            frame: RingFrame(
                sequence: sequence, position: 0,
                sample: Sample(
                    size: 1, instant: .distantPast, decode: 0, composition: 0, isKey: true),
                offset: 0, isLive: true))
    }

    private static func finding(_ width: Int) -> FrameFindings.Finding {
        FrameFindings.Finding(width: width, height: 1, flags: ["too-dark"])
    }

    @Test func `sixteen who ask for a frame at once cost one look, and get what it found`() {
        let findings = FrameFindings()
        let looks = Atomic(0)
        let found = Monitor<[FrameFindings.Finding]>([])
        let threads = (0..<16).map { _ in
            Thread(name: "asker") {
                let finding = findings.finding(of: Self.frame(1)) {
                    looks.add(1, ordering: .relaxed)
                    // The others come meanwhile.
                    pauseFor(milliseconds: 50)
                    return Self.finding(640)
                }
                found.withLock { $0.append(finding) }
            }
        }
        for thread in threads { thread.join() }
        #expect(looks.load(ordering: .relaxed) == 1)
        #expect(found.withLock { $0 } == Array(repeating: Self.finding(640), count: 16))
    }

    @Test
    func `another frame and another camera are looked at themselves, and old ones are forgotten`() {
        let findings = FrameFindings()
        var looks = 0
        func look(_ frame: FrameFindings.Frame, _ width: Int) -> Int {
            findings.finding(of: frame) {
                looks += 1
                return Self.finding(width)
            }.width
        }
        #expect(look(Self.frame(1), 1) == 1)
        #expect(look(Self.frame(1, camera: "press-2"), 2) == 2)
        #expect(look(Self.frame(1), 3) == 1)
        #expect(looks == 2)
        for sequence in 2..<UInt64(200) { _ = look(Self.frame(sequence), 4) }
        #expect(look(Self.frame(1), 5) == 5)
        #expect(look(Self.frame(199), 6) == 4)
    }
}
