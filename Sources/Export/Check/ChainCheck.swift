internal import Base
internal import EvidenceFormat

/// The chains of all checks that leaves here belong to, followed in the log's order: whole from
/// the first leaf on, each tied to the one before, and ended by a `close` that fits, where there
/// is one.
struct ChainCheck {
    /// What is wrong with one leaf of a chain.
    struct Problem {
        let record: RecordID
        let file: Int32
        let words: String
    }

    private struct Chain {
        var count: Int64 = 0
        var previous = Digest.zero
        /// The file of its `close` leaf.
        var close: Int32?
        var edge = TreeEdge()
        /// A record or a fact of it is here; else it is only passed through.
        var isHere = false
        var problems: [Problem] = []
    }

    private static let problemsMax = 8

    /// By the bytes of the check's value.
    private var chains: [[UInt8]: Chain] = [:]

    var closedCount: Int { chains.values.count { $0.isHere && $0.close != nil } }
    var openCount: Int { chains.values.count { $0.isHere && $0.close == nil } }

    var problems: [Problem] {
        chains.values.filter(\.isHere).flatMap(\.problems)
            .sorted { ($0.file, $0.words) < ($1.file, $1.words) }
    }

    /// Of each check: its value, how many leaves it has without a `close`, and that one's file.
    var checks: [(value: String, count: Int, close: Int32?)] {
        chains.filter(\.value.isHere).map { value, chain in
            (
                String(decoding: value, as: UTF8.self),
                Int(chain.count) - (chain.close == nil ? 0 : 1), chain.close
            )
        }
    }

    mutating func take(_ leaf: Leaf, _ file: LeafFile) {
        for placed in leaf.links {
            guard let place = placed.place else { continue }
            follow(placed.link.value, place, leaf, file)
        }
        guard leaf.kind == .close, let check = leaf.string("check"), let n = leaf.int("n"),
            let previous = leaf.digest("prev")
        else { return }
        let before = chains[Array(check.utf8)] ?? Chain()
        follow(check, ChainPlace(ordinal: n, previous: previous), leaf, file)
        if leaf.int("count") != before.count {
            note(
                "closes check \(check) over \(leaf.int("count") ?? 0) leaves, and"
                    + " \(before.count) are here: something was left out or added", check, leaf,
                file)
        } else if leaf.digest("root") != before.edge.root {
            note("closes check \(check) over other leaves than are here", check, leaf, file)
        }
        chains[Array(check.utf8)]?.close = file.leaf
    }

    private mutating func note(
        _ words: String, _ check: String, _ leaf: Leaf, _ file: LeafFile
    ) {
        let key = Array(check.utf8)
        guard chains[key]?.problems.count ?? 0 < Self.problemsMax else { return }
        chains[key, default: Chain()].problems.append(
            Problem(record: leaf.id, file: file.leaf, words: words))
    }

    private mutating func follow(
        _ check: String, _ place: ChainPlace, _ leaf: Leaf, _ file: LeafFile
    ) {
        let key = Array(check.utf8)
        let chain = chains[key] ?? Chain()
        if chain.close != nil {
            note("adds to check \(check) after it was closed", check, leaf, file)
        }
        if place.ordinal > chain.count + 1 {
            let missing =
                place.ordinal == chain.count + 2
                ? "leaf \(chain.count + 1)" : "leaves \(chain.count + 1) to \(place.ordinal - 1)"
            note(
                "is leaf \(place.ordinal) of check \(check); \(missing) of it left out", check,
                leaf, file)
        } else if place.ordinal <= chain.count {
            note(
                "is leaf \(place.ordinal) of check \(check), which another one is, too", check,
                leaf, file)
        } else if place.previous != chain.previous {
            note("is not tied to the leaf before it in check \(check)", check, leaf, file)
        }
        chains[key, default: Chain()].count = place.ordinal
        chains[key]?.previous = leaf.hash
        chains[key]?.edge.append(leaf.hash)
        if file.role != .chain { chains[key]?.isHere = true }
    }
}
