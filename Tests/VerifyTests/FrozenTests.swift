import Base
import EvidenceFormat
import Evidence
import Foundation
import TestSupport
import Testing

/// A store that version 1 wrote verifies with every later version. Its files are never made again.
@Suite struct FrozenTests {
    @Test func `a store of version 1 verifies for ever`() throws {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("EvidenceTests/Golden/v1")
        let copy = Scratch()
        for name in [
            "FORMAT", "epoch/1", "objects/log/checkpoints", "objects/log/level-0/000000",
            "objects/log/places/000000", "objects/segments/00000000",
        ] {
            copy.write(name, [UInt8](try Data(contentsOf: golden.appendingPathComponent(name))))
        }
        // The index is not kept: it is derived, and its files are RocksDB's.
        let (log, _) = try TestLog.open(copy.path, clock: ManualClock())
        try log.close()
        let result = try Sample.verify(copy)
        #expect(result.damage.isEmpty, "\(result.findings)")
        #expect(result.verdict == .unanchored)
    }
}
