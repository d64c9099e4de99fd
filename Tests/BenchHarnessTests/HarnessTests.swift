import BenchHarness
import Testing

@Suite struct HarnessTests {
    @Test func `the median of an even number lies between the middle two`() {
        let spread = Spread([4, 1, 3, 2])
        #expect(spread.median == 2.5)
        #expect(spread.min == 1)
        #expect(spread.max == 4)
        #expect(Spread([3, 1, 2]).median == 2)
    }

    @Test func `a percentile is a value that was measured`() {
        let values = (1...200).map(UInt64.init)
        #expect(percentile(50, of: values) == 100)
        #expect(percentile(99, of: values) == 198)
        #expect(percentile(100, of: values) == 200)
        #expect(percentile(99, of: [7]) == 7)
    }

    @Test func `numbers are written without a library`() {
        #expect(1.005.fixed(0) == "1")
        #expect(12.345.fixed(2) == "12.35")
        #expect(0.049.fixed(2) == "0.05")
        #expect(0.001.fixed(2) == "0.00")
        #expect((-0.001).fixed(2) == "0.00")
        #expect((-1.5).fixed(1) == "-1.5")
        #expect(Double.infinity.fixed(2) == "-")
    }

    @Test func `contenders take turns, first one way and then the other`() throws {
        var order = ""
        func contender(_ name: String, seconds: Double) -> Contender {
            Contender(name) {
                order += name
                return Run(
                    operations: 10, payloadBytes: 1000, writtenBytes: 2000, wallSeconds: seconds,
                    cpuSeconds: 1, latencies: [1000, 3000])
            }
        }
        let outcome = try Comparison(
            "case", [contender("a", seconds: 1), contender("b", seconds: 4)]
        ).measure(rounds: 3)
        #expect(order == "abbaabba")
        #expect(outcome.rows[0].rounds == 3)
        #expect(outcome.rows[1].subjectRatio == Spread([4]))
        #expect(outcome.rows[1].operationsPerSecond.median == 2.5)
        #expect(outcome.rows[0].latency?.p50 == 1)
        #expect(outcome.rows[0].latency?.p99 == 3)
        #expect(outcome.table.split(separator: "\n").count == 3)
        let lines = outcome.jsonLines(bench: "t")
        #expect(
            lines.last
                == #"{"bench":"t","case":"case","contender":"b","metric":"ratio","unit":"1","#
                + #""rounds":3,"of":"a","median":4.0,"min":4.0,"max":4.0}"#)
    }

    @Test func `figures compare with the subject within each round`() {
        var figures = Figures(
            "case", [Figures.Column("cost", unit: "s", compared: true), .init("lost", unit: "1")])
        figures.add("ours", [1, 0])
        figures.add("other", [4, .nan])
        figures.add("ours", [3, 0])
        figures.add("other", [6, .nan])
        let lines = figures.table.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[2].hasSuffix("0.38 [0.25-0.50]"))
        #expect(
            figures.jsonLines(bench: "t").last
                == #"{"bench":"t","case":"case","contender":"other","metric":"cost","unit":"s","#
                + #""rounds":2,"ratio-of":"ours","median":0.375,"min":0.25,"max":0.5}"#)
    }

    @Test func `a contender that fails names itself`() {
        struct Broken: Error {}
        let failure = #expect(throws: BenchFailure.self) {
            try Comparison("case", [Contender("a") { throw Broken() }]).measure(rounds: 1)
        }
        #expect(failure?.description.hasPrefix("case, a: ") == true)
    }

    @Test func `the command line is read, and what it does not know is refused`() throws {
        let arguments = try Arguments(["--dir", "/x", "--json", "--rounds", "3"])
        #expect(arguments.folder == "/x" && arguments.json && arguments.rounds == 3)
        #expect(try Arguments(["--quick"]).rounds == 1)
        for bad in [["--dir"], ["--rounds", "0"], ["--rounds"], ["--fast"]] {
            #expect(throws: BenchFailure.self) { try Arguments(bad) }
        }
    }
}
