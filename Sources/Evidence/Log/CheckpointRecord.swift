package import Base
package import EvidenceFormat
package import Store

/// `log/checkpoints`: signed notes, each followed by an empty line, oldest first. One is recorded
/// after the rows up to its size are synced, so its size is where recovery may begin.
package enum CheckpointRecord {
    static func encode(_ note: SignedNote) -> [UInt8] { note.encode() + [0x0A] }

    /// The newest whole note and the length up to and including it; nil when there is none.
    package static func last(
        _ engine: any StorageEngine
    ) throws(Failure) -> (note: SignedNote, end: UInt64)? {
        let length: UInt64
        do {
            length = try engine.length(of: Names.checkpoints)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
        let start = length - min(length, UInt64(2 * SignedNote.bytesMax))
        var bytes: [UInt8] = []
        try engine.read(Names.checkpoints, at: start, count: Int(length - start), into: &bytes)
        // A torn tail, from a power cut, ends without the empty line; a whole note is before it.
        var end = bytes.count
        while end > 0 {
            if end >= 2, bytes[end - 1] == 0x0A, bytes[end - 2] == 0x0A,
                let first = noteStart(bytes, end)
            {
                let candidate = Array(bytes[first..<(end - 1)])
                do throws(Failure) {
                    return (try SignedNote(parsing: candidate), start + UInt64(end))
                } catch {
                    // Torn: the one before it counts.
                }
            }
            end -= 1
        }
        // The first one was being recorded when the power went: as good as none.
        guard gapCount(bytes) <= 2 else {
            throw Failure(.corrupt, "\(Names.checkpoints) holds no whole checkpoint; run verify")
        }
        return nil
    }

    private static func gapCount(_ bytes: [UInt8]) -> Int {
        bytes.indices.dropFirst().count { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
    }

    /// A note has one empty line inside; the one before that ends its predecessor.
    private static func noteStart(_ bytes: [UInt8], _ end: Int) -> Int? {
        var gaps = 0
        var i = end - 3
        while i > 0 {
            if bytes[i] == 0x0A && bytes[i - 1] == 0x0A {
                gaps += 1
                if gaps == 2 { return i + 1 }
            }
            i -= 1
        }
        return gaps == 1 ? 0 : nil
    }

    /// All notes in order, read in pieces.
    package static func forEach(
        _ engine: any StorageEngine, _ body: (SignedNote?, UInt64) throws(Failure) -> Void
    ) throws(Failure) {
        let length: UInt64
        do {
            length = try engine.length(of: Names.checkpoints)
        } catch {
            guard error.kind == .notFound else { throw error }
            return
        }
        var window: [UInt8] = []
        var start: UInt64 = 0
        while start < length {
            let count = Int(min(length - start, 1 << 20))
            try engine.read(Names.checkpoints, at: start, count: count, into: &window)
            var used = 0
            while let end = noteEnd(window, from: used) {
                let note: SignedNote?
                do throws(Failure) {
                    note = try SignedNote(parsing: Array(window[used..<(end - 1)]))
                } catch { note = nil }
                try body(note, start + UInt64(used))
                used = end
            }
            if used == 0 {
                try body(nil, start)
                return
            }
            start += UInt64(used)
        }
    }

    private static func noteEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var gaps = 0
        var i = start + 1
        while i < bytes.count {
            if bytes[i] == 0x0A && bytes[i - 1] == 0x0A {
                gaps += 1
                if gaps == 2 { return i + 1 }
                i += 1
            }
            i += 1
        }
        return nil
    }
}
