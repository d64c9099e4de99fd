package import Base
internal import EvidenceFormat
internal import Linux
package import Store

/// Makes everything again that follows from the segments: tree rows, places and index. For a store
/// whose derived files are damaged or gone; the segments and the checkpoints stay as they are.
package enum Rebuild {
    /// `engine` was opened with `discardMaps`. Refuses, and says where, when the segments do not
    /// lead to the newest recorded checkpoint: then they are damaged, not what follows from them.
    package static func run(
        _ engine: EmbeddedEngine, identity: LogIdentity, clock: any Clock
    ) throws(Failure) -> UInt64 {
        let epoch = try engine.claim()
        var recovery = Recovery(engine, epoch: epoch, identity: identity, rebuildsRows: true)
        let start = try recovery.run(clock: clock)
        try start.rows.sync(0, start.edge.size, epoch: epoch)
        try engine.syncMaps(epoch: epoch)
        return start.edge.size
    }
}
