import BenchHarness

/// How fast bytes become durable, beside the least that the disk asks for and what people use today.
Bench.main("store") { folder, arguments in
    let peers = Peers(folder: folder.path)
    let durable = Durable(
        peers: peers, store: OurLog.pictures(in: folder.path), quick: arguments.quick)
    let leaves = Leaves(peers: peers, store: OurLog.facts(in: folder.path), quick: arguments.quick)
    return [1, 16, 64].map(durable.comparison(writers:)) + [leaves.comparison(writers: 64)]
}
