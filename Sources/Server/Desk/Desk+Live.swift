internal import Access
internal import Base
internal import Evidence
internal import Recorder
internal import WireProtocol

/// Answers that go on until the client has enough.
extension Desk {
    /// Whether `wake` is of use to it.
    static func isLasting(_ operation: Operation) -> Bool {
        operation == .cameraLive || operation == .watch
    }

    func follow(
        _ operation: Operation, _ payload: [UInt8], for caller: Caller,
        wake: @escaping @Sendable () -> Void
    ) -> Result<Answer, WireError> {
        do {
            let fields = try Fields(payload.span)
            return .success(
                operation == .watch
                    ? try watch(fields, caller, wake) : try live(fields, caller, wake))
        } catch {
            return .failure(Self.told(error))
        }
    }

    private func live(
        _ fields: borrowing Fields, _ caller: Caller, _ wake: @escaping @Sendable () -> Void
    ) throws -> Answer {
        let camera = try fields.required(.camera, "the camera's id")
        try require(.read, camera: camera, of: caller, for: .live, on: "camera \(camera)")
        guard !caller.identity.readsByLinkOnly else {
            throw WireError(
                .denied, "\(caller.identity.actor) reads only what belongs to a link that it names")
        }
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
        return answer
    }

    private func watch(
        _ fields: borrowing Fields, _ caller: Caller, _ wake: @escaping @Sendable () -> Void
    ) throws -> Answer {
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
        if topics.isEmpty { topics = Set(News.Topic.allCases) }
        var cameras = Set(fields.texts(.camera))
        for camera in cameras { try mayWatch(topics, camera, caller) }
        if cameras.isEmpty {
            try mayWatch(topics, nil, caller)
            cameras = Set(caller.identity.cameras ?? [])
        }
        try note(caller, .watch, topics.map(\.rawValue).sorted().joined(separator: " "))
        let link = try fields.linkKeys().first.map { ($0.kind, $0.value) }
        let feed = NewsFeed(
            topics, cameras: cameras.isEmpty ? nil : cameras, link: link, wake: wake)
        try news.add(feed)
        var answer = Answer()
        answer.feed = feed
        answer.feedsItems = true
        return answer
    }

    private func mayWatch(
        _ topics: Set<News.Topic>, _ camera: String?, _ caller: Caller
    ) throws(Failure) {
        if !topics.isDisjoint(with: [.evidence, .facts]) {
            try require(.search, camera: camera, of: caller, for: .watch, on: camera ?? "")
        }
        if !topics.isDisjoint(with: [.gap, .camera]) {
            try require(.seeCameras, camera: camera, of: caller, for: .watch, on: camera ?? "")
        }
    }
}
