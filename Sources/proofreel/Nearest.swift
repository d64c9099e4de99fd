/// The known word that was probably meant: fewest letters to change, and not too many.
enum Nearest {
    static func name(to word: String, among names: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let best = names.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
            .min { $0.1 < $1.1 }
        if let best, best.1 <= limit { return best.0 }
        return names.first { word.count > 4 && $0.hasPrefix(word) }
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
