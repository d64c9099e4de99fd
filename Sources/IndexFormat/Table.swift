/// The tables of the index. The byte is the first of every stored key; `docs/storage-format.md` has
/// keys and values. All of it is derived: a new layout is a rebuild, not a migration.
package enum Table: UInt8, CaseIterable, Sendable {
    /// `watermark` → how far the index has followed the log.
    case meta = 1
    /// record id → leaf index, time, kind
    case ids = 2
    /// hash of a request id → leaf index, fingerprint of what was asked
    case requests = 3
    /// hash of (kind, value) ‖ time ‖ leaf → nothing
    case links = 4
    /// per term and month: time ‖ leaf → nothing
    case series = 5
    /// hash of a term ‖ month → nothing: which months of a series exist
    case months = 6
    /// record id ‖ leaf → kind: what was said of the record later
    case about = 7
    /// hash of a check → head of its chain
    case chains = 8
    /// hash of a check ‖ ordinal → leaf
    case chainItems = 9
    /// leaf of an active hold → its id
    case holds = 10
    /// leaf of a delete not yet carried out → its target
    case pending = 11
    /// record id ‖ what → leaf of the delete, leaf of the confirmation
    case removed = 12
    /// hash of (event, link) ‖ time ‖ leaf → nothing
    case events = 13
    /// leaf of a policy → nothing
    case policies = 14
}
