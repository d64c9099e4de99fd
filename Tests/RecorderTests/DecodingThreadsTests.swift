import Testing

@testable import Recorder

@Suite struct DecodingThreadsTests {
    /// How many each gets of those who ask while all before them are still at work.
    func shares(_ asking: Int, processors: Int) -> [Int] {
        let threads = DecodingThreads(processors: processors)
        func share(_ left: Int) -> [Int] {
            left == 0 ? [] : threads.share { mine in [mine] + share(left - 1) }
        }
        let first = share(asking)
        // Who is done gives back what was theirs, failed or not.
        try? threads.share { _ in throw CancellationError() }
        #expect(share(asking) == first)
        return first
    }

    @Test func `who is alone gets a few threads, many who ask at once get one each`() {
        #expect(shares(1, processors: 1) == [1])
        #expect(shares(3, processors: 2) == [2, 1, 1])
        #expect(shares(6, processors: 4) == [4, 2, 1, 1, 1, 1])
        #expect(shares(2, processors: 64) == [4, 2])
    }
}
