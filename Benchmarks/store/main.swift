import BenchHarness
import Glibc

/// How fast bytes become durable, beside the least that the disk asks for and what people use
/// today; and what a log of many leaves costs (`--leaves N`, a million unless told).
if try LargeLog.runChild() { exit(0) }

Bench.main("store") { folder, arguments in
    let peers = Peers(folder: folder.path)
    let durable = Durable(
        peers: peers, store: OurLog.pictures(in: folder.path), quick: arguments.quick)
    let leaves = Leaves(peers: peers, store: OurLog.facts(in: folder.path), quick: arguments.quick)
    return [1, 16, 64].map(durable.comparison(writers:))
        + [leaves.comparison(writers: 64)]
        + [DeepVerify(folder: folder.path, quick: arguments.quick).comparison()]
} then: { folder, arguments in
    let count = arguments.leaves ?? (arguments.quick ? 2000 : 1_000_000)
    if arguments.only == nil || "large log".contains(arguments.only ?? "") {
        try LargeLog(folder: folder.path, leaves: count).run()
    }
}
