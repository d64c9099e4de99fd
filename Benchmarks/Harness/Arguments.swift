/// The command line that every benchmark understands.
package struct Arguments: Equatable {
    /// Where to work; nil means a place of our own choice.
    package var folder: String?
    package var json = false
    /// A smoke: does it run at all? The numbers mean nothing.
    package var quick = false
    package var rounds = 7
    /// Whether somebody asked for that many rounds.
    package var choseRounds = false
    /// How many cameras record at once, and for how many seconds each contender is watched.
    package var cameras: Int?
    package var seconds: Int?
    /// How large the large case is, where a benchmark has one.
    package var leaves: Int?
    /// Only comparisons whose name contains this.
    package var only: String?
    /// The subject without its peers, so that a profile shows nothing else.
    package var alone = false

    package static let usage = """
        [--dir DIR]   work in a new folder under DIR, on the disk to measure
        [--rounds N]  rounds that count, after one that does not (7)
        [--quick]     a smoke: little work, one round, numbers without meaning
        [--json]      one line of JSON for each measure instead of tables
        [--only TEXT] only measures whose name contains it, for example "16 writers"
        [--leaves N]  size of the large log, up to 100000000
        [--cams N]    cameras that record at once (ingest: 50)
        [--seconds S] how long each recorder is watched (ingest: 20)
        [--alone]     ours without its peers, for a profiler
        """

    package init(_ words: [String]) throws(BenchFailure) {
        var words = words[...]
        while let word = words.popFirst() {
            switch word {
            case "--json": json = true
            case "--alone": alone = true
            case "--leaves":
                guard let value = words.popFirst().flatMap(Int.init),
                    (1000...100_000_000).contains(value)
                else { throw BenchFailure("--leaves needs a number from 1000 to 100000000") }
                leaves = value
            case "--only":
                only = words.popFirst()
                guard only != nil else { throw BenchFailure("--only needs a part of a name") }
            case "--quick":
                quick = true
                rounds = 1
            case "--dir":
                folder = words.popFirst()
                guard folder != nil else { throw BenchFailure("--dir needs a folder") }
            case "--rounds":
                guard let value = words.popFirst().flatMap(Int.init), (1...1000).contains(value)
                else { throw BenchFailure("--rounds needs a number from 1 to 1000") }
                rounds = value
                choseRounds = true
            case "--cams":
                guard let value = words.popFirst().flatMap(Int.init), (1...200).contains(value)
                else { throw BenchFailure("--cams needs a number from 1 to 200") }
                cameras = value
            case "--seconds":
                guard let value = words.popFirst().flatMap(Int.init), (1...3600).contains(value)
                else { throw BenchFailure("--seconds needs a number from 1 to 3600") }
                seconds = value
            default: throw BenchFailure("unknown option \(word)")
            }
        }
    }
}
