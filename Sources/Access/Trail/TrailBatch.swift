internal import Base
internal import EvidenceFormat

/// Entries on their way to the log, equal ones on one line.
struct TrailBatch {
    private(set) var lines: [TrailLine] = []
    private var places: [TrailEntry: Int] = [:]
    private(set) var bytes = 0
    private(set) var count = 0

    var isEmpty: Bool { lines.isEmpty }

    /// False when there is no room for one more line.
    mutating func add(_ entry: TrailEntry, at now: WallTime, bytesMax: Int) -> Bool {
        if let place = places[entry] {
            lines[place].count += 1
            // The clock may have been set back.
            lines[place].to = max(lines[place].to, now)
            lines[place].from = min(lines[place].from, now)
        } else {
            let size = entry.byteCount
            guard bytes + size <= bytesMax else { return false }
            bytes += size
            places[entry] = lines.count
            lines.append(TrailLine(entry, at: now))
        }
        count += 1
        return true
    }

    /// First and last instant. Not for an empty batch.
    var span: (from: WallTime, to: WallTime) {
        (
            lines.map(\.from).min() ?? .distantPast, lines.map(\.to).max() ?? .distantPast
        )
    }

    /// Newline-delimited strict JSON.
    func encode() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes)
        for line in lines {
            text += line.json.encode()
            text.append(0x0A)
        }
        return text
    }
}
