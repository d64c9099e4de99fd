package import Evidence
package import Base
internal import EvidenceFormat
internal import TimeStamp

/// Holds the files in `anchors/` against what the log says of them, for `verify`. Believes nothing
/// that it finds there: whom to trust, the verifier brings along.
package struct AnchorCheck {
    package struct Finding: Sendable {
        package let isDamage: Bool
        package let subject: String
        package let words: String
    }

    /// Leaves with a wrong time that are named one by one.
    private static let namedMax = 10

    package private(set) var findings: [Finding] = []
    /// Anchors by somebody whom the verifier trusts.
    package private(set) var trusted = 0

    private let folder: AnchorFolder
    private let dataDirectory: String
    private let trust: AnchorTrust
    private var ends: [Bracket.End] = []
    /// The newest time among `ends` up to each.
    private var newest: [Bracket.End] = []
    private var untrusted = 0

    package init(dataDirectory: String, trust: AnchorTrust) {
        self.dataDirectory = dataDirectory
        folder = AnchorFolder(dataDirectory: dataDirectory)
        self.trust = trust
    }

    /// `isBusy`: a server is writing, so that files without a leaf may get one.
    package mutating func run(_ leaves: [AnchorLeaf], isBusy: Bool) throws(Failure) {
        let own = try ownTrust()
        var known: Set<String> = []
        for leaf in leaves {
            do throws(Failure) {
                let file = try AnchorFile(leaf, in: folder)
                for name in [file.name, file.checkpointName, file.chainName, file.revocationsName] {
                    known.insert(name)
                }
                try check(file, own)
            } catch {
                known.insert(leaf.file)
                add(error.kind != .unsupported, "leaf \(leaf.index)", error.words)
            }
        }
        if untrusted > 0 {
            let words =
                trust.isEmpty
                ? "but nobody was named whom you trust: give --trust-tsa FILE or --witness VKEY"
                : "but by others than those whom you trust"
            add(false, "anchors", "\(untrusted) fit to the log, \(words)")
        }
        if !isBusy { try findStrangers(known) }
    }

    /// Keys of witnesses are in no anchor file; that a file fits to itself can be told with those
    /// that the server was given.
    private mutating func ownTrust() throws(Failure) -> AnchorTrust {
        do throws(Failure) {
            return AnchorTrust(try AnchorBook(dataDirectory: dataDirectory).all)
        } catch {
            add(true, "anchors/\(AnchorFolder.sourcesFile)", error.words)
            return AnchorTrust()
        }
    }

    private mutating func check(_ file: AnchorFile, _ own: AnchorTrust) throws(Failure) {
        var kept = AnchorTrust(
            authorities: own.authorities.adding(trust.authorities),
            witnesses: own.witnesses + trust.witnesses)
        if file.type == .stamp {
            kept.authorities = kept.authorities.adding(try Certificates(pem: file.chain))
        }
        let time: WallTime
        do throws(Failure) {
            time = try file.time(kept)
        } catch {
            // The witness's key is known to nobody here any more.
            guard file.type == .witness, error.kind == .refused else { throw error }
            untrusted += 1
            return
        }
        do throws(Failure) {
            _ = try file.time(trust)
            trusted += 1
        } catch {
            untrusted += 1
        }
        compare(
            Bracket.End(
                time: time, type: file.type, source: file.source, size: file.size,
                leaf: file.index))
    }

    /// A tree that contains an anchor is younger than it, whatever clocks say.
    private mutating func compare(_ end: Bracket.End) {
        let before = ends.firstPlace { $0.leaf >= end.size }
        if before > 0 {
            let older = newest[before - 1]
            if end.time < older.time.adding(seconds: -Bracket.clockSeconds) {
                add(
                    true, "leaf \(end.leaf)",
                    "\(end.source) states \(end.time) for a tree that contains the anchor of"
                        + " \(older.time) by \(older.source): one of the two is false")
            }
        }
        ends.append(end)
        newest.append(newest.last.map { $0.time > end.time ? $0 : end } ?? end)
    }

    /// After `run`: leaves that say they were made at another time than the anchors that fit leave
    /// open. A wrong clock does that too, so it is no damage.
    package mutating func compareTimes(_ verifier: Verifier) {
        let brackets = Brackets(ends)
        var count = 0
        var newest: UInt64 = 0
        verifier.forEachLeaf(outside: { brackets[$0].times }) { index, leaf in
            (count, newest) = (count + 1, index)
            guard count <= Self.namedMax else { return }
            let words = brackets[index].contradiction(leaf.time)
            add(false, "\(leaf.kind.rawValue) \(leaf.id) (leaf \(index))", words)
        }
        if count > Self.namedMax {
            add(
                false, "anchors",
                "the times of \(count - Self.namedMax) more leaves, up to leaf \(newest), are not"
                    + " those of clocks outside either")
        }
    }

    private mutating func findStrangers(_ known: Set<String>) throws(Failure) {
        let names = try folder.list()
        // An answer that came just before a stop: the next start goes on with it.
        let started = names.filter { $0.hasSuffix(".\(AnchorFolder.dueSuffix)") }
        for name in names where !known.contains(name) && name != AnchorFolder.sourcesFile {
            let source = name.prefix { $0 != "." }.drop { $0 != "-" }.dropFirst()
            let isStarted = started.contains(name) || started.contains("\(source).due")
            add(
                !isStarted, "anchors/\(name)",
                isStarted
                    ? "waits for its source, or for its leaf at the next start"
                    : "a file that the log does not speak of")
        }
    }

    private mutating func add(_ isDamage: Bool, _ subject: String, _ words: String) {
        findings.append(Finding(isDamage: isDamage, subject: subject, words: words))
    }
}
