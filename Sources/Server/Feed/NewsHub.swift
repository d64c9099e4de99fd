internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import Synchronization

/// What happens, told to whoever watches: leaves of the log as they are committed, and cameras that
/// change their state. One thread looks for news while anybody watches.
final class NewsHub: Sendable {
    static let watchersMax = 1024
    private static let lookMilliseconds = 100
    /// Leaves of one look; what is more is told as missed.
    private static let leavesMax: UInt64 = 1000

    private final class WeakWatcher: Sendable {
        private struct Reference { weak var feed: NewsFeed? }
        private let reference: Mutex<Reference>
        init(_ feed: NewsFeed) { reference = Mutex(Reference(feed: feed)) }
        var feed: NewsFeed? { reference.withLock { $0.feed } }
    }

    private let log: EvidenceLog
    private let recorder: Recorder
    private struct State {
        var watchers: [WeakWatcher] = []
        /// The thread is there; it says under the lock that it ends.
        var isLooking = false
    }
    private let state = Monitor(State())

    init(_ log: EvidenceLog, _ recorder: Recorder) {
        self.log = log
        self.recorder = recorder
    }

    func add(_ feed: NewsFeed) throws(Failure) {
        try state.withLock { state throws(Failure) in
            state.watchers.removeAll { $0.feed == nil }
            guard state.watchers.count < Self.watchersMax else {
                throw Failure(.busy, "\(state.watchers.count) watch already; no more fit")
            }
            state.watchers.append(WeakWatcher(feed))
            guard !state.isLooking else { return }
            state.isLooking = true
            let size = log.size
            let states = self.states
            Thread(name: "news") { [weak self] in
                var known = (size: size, states: states)
                while let hub = self, hub.look(&known) {}
            }.detach()
        }
    }

    private typealias States = [String: String]

    private var states: States {
        var states: States = [:]
        for camera in recorder.all {
            states[camera.config.id] = camera.report.status.state.rawValue
        }
        return states
    }

    /// One look; false when nobody watches any more.
    private func look(_ known: inout (size: UInt64, states: States)) -> Bool {
        let feeds = state.withLock { state in
            state.watchers.removeAll { $0.feed == nil }
            let feeds = state.watchers.compactMap(\.feed)
            state.isLooking = !feeds.isEmpty
            return feeds
        }
        guard !feeds.isEmpty else { return false }
        var news: [News] = []
        let missed = leaves(from: &known.size, into: &news)
        let now = states
        for (id, state) in now where known.states[id] != state {
            news.append(.camera(id, state, at: log.now))
        }
        known.states = now
        if !news.isEmpty || missed > 0 {
            for feed in feeds { feed.give(news, missed: missed) }
        }
        Thread.sleep(nanoseconds: UInt64(Self.lookMilliseconds) * 1_000_000)
        return true
    }

    private func leaves(from size: inout UInt64, into news: inout [News]) -> UInt64 {
        let newest = log.size
        let first = max(size, newest - min(newest, Self.leavesMax))
        let missed = first - size
        for index in first..<newest {
            do {
                if let item = try News(log, index) { news.append(item) }
            } catch {
                // A leaf that cannot be read now is the verifier's business; the others are told.
                continue
            }
        }
        size = newest
        return missed
    }
}
