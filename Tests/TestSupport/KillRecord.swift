package import Base
package import Evidence

/// What `CrashWriter` and the test that kills it have agreed on.
package enum KillRound {
    package static let writers = 16
    package static let picturesMax = 24

    package static var options: EvidenceLog.Options {
        var options = EvidenceLog.Options()
        options.segmentBytes = 60_000
        options.groupBytes = 128 << 10
        options.persistLeaves = 40
        return options
    }

    package static func check(_ round: Int, _ writer: Int) -> Int { round * writers + writer }
    package static func number(_ round: Int, _ writer: Int, _ picture: Int) -> Int {
        check(round, writer) * picturesMax + picture
    }
    package static func bytes(_ number: Int) -> Int { [90, 700, 2500, 6000, 40][number % 5] }
}

/// An acknowledged picture as a line of text.
package struct KillRecord: Hashable, Sendable {
    package let index: UInt64
    package let id: RecordID
    package let payload: Digest
    package let check: Int
    /// Of the checkpoint in the receipt.
    package let size: UInt64
    package let root: Digest

    package init(
        index: UInt64, id: RecordID, payload: Digest, check: Int, size: UInt64, root: Digest
    ) {
        self.index = index
        self.id = id
        self.payload = payload
        self.check = check
        self.size = size
        self.root = root
    }

    package var line: String {
        "added \(index) \(id) \(payload.hex) \(check) \(size) \(root.hex)"
    }

    /// Nil for other lines, and for one that the kill cut short.
    package init?(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 7, words[0] == "added", let index = UInt64(words[1]),
            let id = RecordID(words[2]), let payload = Digest(hex: words[3]),
            let check = Int(words[4]), let size = UInt64(words[5]), let root = Digest(hex: words[6])
        else { return nil }
        self.init(
            index: index, id: id, payload: payload, check: check, size: size, root: root)
    }
}
