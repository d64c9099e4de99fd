internal import Access
internal import Base
internal import Evidence
internal import Recorder
internal import WireProtocol

/// Answers that go on until the client has enough, or all of it.
extension Desk {
    /// Whether `wake` is of use to it.
    static func isLasting(_ operation: Operation) -> Bool {
        switch operation {
        case .cameraLive, .watch, .export: true
        default: false
        }
    }

    func follow(
        _ operation: Operation, _ payload: [UInt8], body: [UInt8], for caller: Caller,
        wake: @escaping @Sendable () -> Void
    ) -> Result<Answer, WireError> {
        do {
            let fields = try Fields(payload.span)
            switch operation {
            case .watch: return .success(try watch(fields, caller, wake))
            case .export: return .success(try export(fields, body, caller, wake))
            default: return .success(try live(fields, caller, wake))
            }
        } catch {
            return .failure(Self.told(error))
        }
    }

    private func live(
        _ fields: borrowing Fields, _ caller: Caller, _ wake: @escaping @Sendable () -> Void
    ) throws -> Answer {
        let camera = try fields.required(.camera, "the camera's id")
        let mayLook: FeedRight = { caller throws(Failure) in
            try check(caller, .live, "camera \(camera)") { identity throws(Failure) in
                try identity.requireRead(camera: CameraConfig.mainID(of: camera), namesLink: false)
            }
        }
        try mayLook(caller)
        let form: LiveForm
        switch fields.text(.form) ?? "pictures" {
        case "pictures": form = .pictures
        case "fragments": form = .fragments
        default: throw WireError(.invalid, "live frames come as pictures or as fragments")
        }
        try note(caller, .live, "camera \(camera)")
        let mime = form == .pictures ? "image/jpeg" : "video/mp4"
        var answer = Answer()
        answer.reply.add(.camera, camera)
        answer.reply.add(.mime, mime)
        answer.feed = LiveFeed(try live.look(at: camera, form, wake: wake), mime: mime)
        answer.feedRight = mayLook
        return answer
    }

    private func watch(
        _ fields: borrowing Fields, _ caller: Caller, _ wake: @escaping @Sendable () -> Void
    ) throws -> Answer {
        let wish = try WatchWish(fields, caller.identity)
        let mayWatch: FeedRight = { caller throws(Failure) in
            try check(caller, .watch, wish.target) { identity throws(Failure) in
                try wish.require(of: identity)
            }
        }
        try mayWatch(caller)
        try note(caller, .watch, wish.target)
        let feed = NewsFeed(
            wish.topics, cameras: wish.cameras.isEmpty ? nil : wish.cameras, link: wish.link,
            wake: wake)
        try news.add(feed)
        var answer = Answer()
        answer.feed = feed
        answer.feedsItems = true
        answer.feedRight = mayWatch
        return answer
    }
}

/// What somebody watches: fixed when he begins, and allowed for as long as it goes on.
private struct WatchWish: Sendable {
    let topics: Set<News.Topic>
    /// None: all, and what concerns none.
    let cameras: Set<String>
    let link: (kind: String, value: String)?
    /// As it stands in the trail.
    let target: String

    init(_ fields: borrowing Fields, _ identity: Identity) throws(WireError) {
        var topics: Set<News.Topic> = []
        for text in fields.texts(.topic) {
            guard let topic = News.Topic(rawValue: text) else {
                throw WireError(
                    .invalid,
                    "there is no topic \(text); there are: "
                        + News.Topic.allCases.map(\.rawValue).joined(separator: ", "))
            }
            topics.insert(topic)
        }
        self.topics = topics.isEmpty ? Set(News.Topic.allCases) : topics
        let named = fields.texts(.camera)
        cameras = Set(named.isEmpty ? identity.cameras ?? [] : named)
        var query = Query()
        query.links = Array(try fields.linkKeys().prefix(1))
        link = query.links.first.map { ($0.kind, $0.value) }
        var parts = self.topics.map(\.rawValue).sorted()
        if !query.links.isEmpty { parts.append(TrailEntry.target(of: query)) }
        parts += named.map { "camera=\($0)" }
        target = parts.joined(separator: " ")
    }

    func require(of identity: Identity) throws(Failure) {
        guard !cameras.isEmpty else { return try require(camera: nil, of: identity) }
        for camera in cameras {
            try require(camera: CameraConfig.mainID(of: camera), of: identity)
        }
    }

    private func require(camera: String?, of identity: Identity) throws(Failure) {
        if !topics.isDisjoint(with: [.evidence, .facts, .check]) {
            try identity.requireSearch(camera: camera, namesLink: link != nil)
        }
        if !topics.isDisjoint(with: [.gap, .camera]) {
            // Who has some cameras only has not got all of them.
            try identity.require(
                .seeCameras, camera: identity.cameras == nil ? camera : camera ?? "")
        }
    }
}
