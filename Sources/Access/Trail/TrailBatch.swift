internal import Base
internal import EvidenceFormat

/// Entries on their way to the log, equal ones on one line. Its own table of places rather than a
/// dictionary: entries stand once, and nothing is copied when it grows but numbers.
struct TrailBatch {
    private static let slotsMin = 256

    private(set) var lines: [TrailLine] = []
    private(set) var bytes = 0
    private(set) var count = 0
    /// Of `lines`, in the same order.
    private var hashes: [Int] = []
    /// Places in `lines`, found by hash and then one after the other; -1 where free. At least twice
    /// as many as lines, and a power of two.
    private var slots: [Int32]

    init(expecting lines: Int = 0) {
        var slots = Self.slotsMin
        while slots < lines * 2 { slots *= 2 }
        self.slots = Array(repeating: -1, count: slots)
        self.lines.reserveCapacity(lines)
        hashes.reserveCapacity(lines)
    }

    var isEmpty: Bool { lines.isEmpty }

    /// False when there is no room for one more line.
    mutating func add(_ entry: TrailEntry, at now: WallTime, bytesMax: Int) -> Bool {
        let hash = entry.hashValue
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 {
            let place = Int(slots[slot])
            if hashes[place] == hash, lines[place].entry == entry {
                lines[place].count += 1
                // The clock may have been set back.
                if lines[place].to < now { lines[place].to = now }
                if lines[place].from > now { lines[place].from = now }
                count += 1
                return true
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard bytes + entry.byteCount <= bytesMax else { return false }
        append(TrailLine(entry, at: now), hash, at: slot)
        return true
    }

    /// One that was counted elsewhere, beyond any limit: who has it has few.
    mutating func add(_ line: TrailLine) {
        let hash = line.entry.hashValue
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        append(line, hash, at: slot)
    }

    private mutating func append(_ line: TrailLine, _ hash: Int, at slot: Int) {
        bytes += line.entry.byteCount
        count += line.count
        slots[slot] = Int32(lines.count)
        hashes.append(hash)
        lines.append(line)
        if lines.count * 2 > slots.count { grow() }
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (place, hash) in hashes.enumerated() {
            var slot = hash & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(place)
        }
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
