package import Base
internal import Linux
package import Server
internal import Synchronization

/// What routes work with. Any thread.
package final class Site: Sendable {
    package let desk: Desk
    package let clock: any Clock
    let logIns: LogIns
    let tally = Tally()
    let cuts = FrameCuts()
    private let streams = Atomic(0)
    private let streamsMax: Int

    init(_ desk: Desk, _ logIns: LogIns, _ clock: any Clock, streamsMax: Int) {
        self.desk = desk
        self.logIns = logIns
        self.clock = clock
        self.streamsMax = streamsMax
    }

    var streamCount: Int { streams.load(ordering: .relaxed) }

    /// A viewer's place among all that go on; whoever lets go of it gives it back.
    func place() throws(Failure) -> StreamPlace {
        let count = streams.add(1, ordering: .relaxed).newValue
        let place = StreamPlace(self)
        guard count <= streamsMax else {
            throw Failure(
                .busy, "\(streamsMax) viewers look on already; no more fit. Try again later")
        }
        return place
    }

    fileprivate func leave() { streams.subtract(1, ordering: .relaxed) }
}

final class StreamPlace: Sendable {
    private let site: Site
    fileprivate init(_ site: Site) { self.site = site }
    deinit { site.leave() }
}
