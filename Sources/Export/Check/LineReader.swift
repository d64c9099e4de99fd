internal import Base

/// Lines of a file of any size, each ended by a newline and none longer than a limit.
struct LineReader {
    private static let pieceBytes: UInt64 = 64 << 10

    private let file: BundleSource.OpenFile
    private let lineBytesMax: Int
    private var at: UInt64 = 0
    private var buffer: [UInt8] = []
    private var rest: ArraySlice<UInt8> = []
    private var nextStart: UInt64 = 0
    /// Of the last line: its number from 1, and its bytes in the file, newline included.
    private(set) var number = 0
    private(set) var range: Range<UInt64> = 0..<0

    init(_ file: BundleSource.OpenFile, lineBytesMax: Int) {
        self.file = file
        self.lineBytesMax = lineBytesMax
    }

    /// Without its newline; nil at the end.
    mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
        while true {
            if let end = rest.firstIndex(of: 0x0A) {
                let line = rest[rest.startIndex..<end]
                rest = rest[(end + 1)...]
                number += 1
                range = nextStart..<nextStart + UInt64(line.count) + 1
                nextStart = range.upperBound
                return line
            }
            guard rest.count <= lineBytesMax else {
                throw Failure(.corrupt, "has a line \(number + 1) that is too long")
            }
            guard at < file.byteCount else {
                guard rest.isEmpty else {
                    throw Failure(.corrupt, "ends within line \(number + 1)")
                }
                return nil
            }
            let count = min(Self.pieceBytes, file.byteCount - at)
            try file.read(at: at, count: Int(count), into: &buffer)
            rest = (Array(rest) + buffer)[...]
            at += count
        }
    }
}
