internal import Base
internal import EvidenceFormat

/// The chains of all checks that leaves here belong to, followed in the log's order: whole from
/// the first leaf on, each tied to the one before, and ended by a `close` that fits, where there
/// is one.
struct ChainCheck {
    private struct Chain {
        var count: Int64 = 0
        var previous = Digest.zero
        var isClosed = false
        var edge = TreeEdge()
    }

    /// By the bytes of the check's value.
    private var chains: [[UInt8]: Chain] = [:]

    var closedCount: Int { chains.values.count { $0.isClosed } }
    var openCount: Int { chains.count - closedCount }

    /// `report` gets what is wrong, in words that name the check.
    mutating func take(_ leaf: Leaf, _ report: (String) -> Void) {
        for placed in leaf.links {
            guard let place = placed.place else { continue }
            follow(placed.link.value, place, leaf.hash, report)
        }
        guard leaf.kind == .close, let check = leaf.string("check"), let n = leaf.int("n"),
            let previous = leaf.digest("prev")
        else { return }
        let before = chains[Array(check.utf8)] ?? Chain()
        follow(check, ChainPlace(ordinal: n, previous: previous), leaf.hash, report)
        if leaf.int("count") != before.count {
            report(
                "closes check \(check) over \(leaf.int("count") ?? 0) leaves, and"
                    + " \(before.count) are here: something was left out or added")
        } else if leaf.digest("root") != before.edge.root {
            report("closes check \(check) over other leaves than are here")
        }
        chains[Array(check.utf8)]?.isClosed = true
    }

    private mutating func follow(
        _ check: String, _ place: ChainPlace, _ hash: Digest, _ report: (String) -> Void
    ) {
        var chain = chains[Array(check.utf8)] ?? Chain()
        if chain.isClosed { report("adds to check \(check) after it was closed") }
        if place.ordinal > chain.count + 1 {
            let missing =
                place.ordinal == chain.count + 2
                ? "leaf \(chain.count + 1)" : "leaves \(chain.count + 1) to \(place.ordinal - 1)"
            report("is leaf \(place.ordinal) of check \(check); \(missing) of it left out")
        } else if place.ordinal <= chain.count {
            report("is leaf \(place.ordinal) of check \(check), which another one is, too")
        } else if place.previous != chain.previous {
            report("is not tied to the leaf before it in check \(check)")
        }
        chain.count = place.ordinal
        chain.previous = hash
        chain.edge.append(hash)
        chains[Array(check.utf8)] = chain
    }
}
