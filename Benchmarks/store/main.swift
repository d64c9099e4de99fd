import BenchHarness

/// How fast bytes become durable, beside the least that the disk asks for and what people use today.
/// The numbers are peers and limits alone as long as no store is plugged in.
let store: Store? = nil

Bench.main("store") { folder, arguments in
    let peers = Peers(folder: folder.path)
    let durable = Durable(peers: peers, store: store, quick: arguments.quick)
    let leaves = Leaves(peers: peers, store: nil, quick: arguments.quick)
    return [1, 16, 64].map(durable.comparison(writers:))
        + [1, 16, 256].map(leaves.comparison(batch:))
}
