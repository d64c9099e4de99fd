/// What a leaf states. The text is what stands in the leaf; it never changes once released.
package enum LeafKind: String, CaseIterable, Sendable {
    case genesis, boot, policy, keyset, clock
    case snapshot
    case part, gap
    case link, unlink, close
    case hold, unhold, event
    case delete, deleted, derive
    case segmentSeal = "segment-seal"
    case scrub
    case `import`
    case anchor, incident, successor
    case clip
    case grant, access
    case check
}
