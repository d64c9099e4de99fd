import BenchHarness
import Glibc

/// What an MP4 file says of itself in the box at its end: frames, and how long they take.
struct FilmFile {
    let frames: Double
    let seconds: Double

    /// Nil for a file that was not brought to its end.
    init?(_ path: String) throws {
        guard let file = fopen(path, "r") else { throw BenchFailure("\(path) cannot be read") }
        defer { fclose(file) }
        var tail = [UInt8](repeating: 0, count: 64 << 10)
        fseek(file, 0, SEEK_END)
        fseek(file, max(0, ftell(file) - tail.count), SEEK_SET)
        tail = Array(tail[..<fread(&tail, 1, tail.count, file)])
        // `mvhd`: version and flags, two dates, units in a second, units. `stsz`: version and
        // flags, a size for all, count. Both in the versions that a short film has.
        guard let head = Self.words(after: "mvhd", 5, tail), head[0] >> 24 == 0, head[3] > 0,
            let sizes = Self.words(after: "stsz", 3, tail)
        else { return nil }
        seconds = Double(head[4]) / Double(head[3])
        frames = Double(sizes[2])
    }

    private static func words(after name: String, _ count: Int, _ bytes: [UInt8]) -> [UInt32]? {
        let letters = Array(name.utf8)
        let found = bytes.indices.dropLast(4 + 4 * count).last { at in
            bytes[at] == letters[0] && Array(bytes[at..<(at + 4)]) == letters
        }
        guard let found else { return nil }
        return (0..<count).map { word in
            let start = found + 4 + 4 * word
            return bytes[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// Of all files in a folder: frames, and the seconds that they cover.
    static func total(_ folder: String) throws -> (frames: Double, seconds: Double) {
        guard let listing = opendir(folder) else {
            throw BenchFailure("\(folder) cannot be listed")
        }
        defer { closedir(listing) }
        var total = (frames: 0.0, seconds: 0.0)
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".mp4") else { continue }
            guard let film = try FilmFile("\(folder)/\(name)") else {
                throw BenchFailure("\(name) has no end: the recorder was killed")
            }
            total.frames += film.frames
            total.seconds += film.seconds
        }
        return total
    }
}
