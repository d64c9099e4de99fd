internal import Base
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

/// News for one watcher: those that it asked for and may hear, in order, in a queue with an end.
final class NewsFeed: Feed {
    static let waitingMax = 1000

    private struct State {
        var items: [[UInt8]] = []
        var missed = 0
    }

    private let topics: Set<News.Topic>
    private let cameras: Set<String>?
    private let link: (kind: String, value: String)?
    private let wake: @Sendable () -> Void
    private let state = Monitor(State())

    /// `cameras`: only news of these; nil for all, and for what concerns none.
    init(
        _ topics: Set<News.Topic>, cameras: Set<String>?, link: (kind: String, value: String)?,
        wake: @escaping @Sendable () -> Void
    ) {
        self.topics = topics
        self.cameras = cameras
        self.link = link
        self.wake = wake
    }

    private func wants(_ news: News) -> Bool {
        guard topics.contains(news.topic) else { return false }
        if let cameras, cameras.isDisjoint(with: news.cameras) { return false }
        guard let link else { return true }
        return news.links.contains { $0.kind == link.kind && $0.value == link.value }
    }

    func give(_ news: [News], missed: UInt64) {
        let wanted = news.filter(wants)
        guard !wanted.isEmpty || missed > 0 else { return }
        state.withLock { state in
            state.missed += Int(clamping: missed)
            for item in wanted {
                guard state.items.count < Self.waitingMax else {
                    state.missed += 1
                    continue
                }
                var fields = FieldWriter(capacity: 512)
                fields.add(.topic, item.topic.rawValue)
                fields.add(.document, item.document.encode())
                // What could not be told before this one; the watcher looks it up.
                if state.missed > 0 { fields.add(.dropped, Int64(state.missed)) }
                state.missed = 0
                state.items.append(fields.bytes)
            }
        }
        wake()
    }

    func next() throws(WireError) -> FeedPart? {
        state.withLock { state in
            guard !state.items.isEmpty else { return nil }
            return .item(state.items.removeFirst())
        }
    }
}
