internal import Access
internal import Base
internal import EvidenceFormat
internal import HTTPD
internal import Ingest
internal import Recorder
internal import Server

/// How a camera is, for a screen that has room for a light and two words.
extension Route {
    static let states: [Route] = [
        Route("/cameras/ID/status.svg", ["cameras"], .word("status.svg"), isQuick: true) {
            visit, site in
            let light = try light(visit, site)
            return HTTPReply(
                200, [("Content-Type", "image/svg+xml"), Replies.fresh],
                .bytes(Array(StatusGraphic.svg(light).utf8)))
        },
        Route("/cameras/ID/status.json", ["cameras"], .word("status.json"), isQuick: true) {
            visit, site in Replies.json(try light(visit, site).json)
        },
    ]

    private static func light(_ visit: Visit, _ site: Site) throws -> CameraLight {
        try visit.allow([])
        let id = visit.parameter
        try site.desk.require(
            .seeCameras, camera: id, of: try visit.identified(), for: .status, on: "camera \(id)")
        return CameraLight(try site.desk.recorder.camera(id), now: site.clock.now)
    }
}

/// What is said of a camera in one word: connected, problem or off.
struct CameraLight: Sendable {
    enum State: String, Sendable { case connected, problem, off }

    /// A camera that is connected and sends nothing for so long has a problem.
    private static let silenceSeconds: Int64 = 10

    let id: String
    let name: String
    let state: State
    let since: WallTime
    let lastFrame: WallTime?
    /// Of a problem: what is wrong, and what to do about it.
    let words: String?
    let remedy: String?
    private let room: String?
    private let workCentre: String?

    init(_ camera: Camera, now: WallTime) {
        let status = camera.report.status
        id = camera.config.id
        name = camera.config.name
        room = camera.config.room
        workCentre = camera.config.workCentre
        lastFrame = status.lastFrame ?? status.gapSince
        switch status.state {
        case .off:
            (state, since, words, remedy) = (.off, status.since, nil, nil)
        case .recording:
            if let last = status.lastFrame, last.adding(seconds: Self.silenceSeconds) < now {
                (state, since) = (.problem, last)
                (words, remedy) = ("the camera sends nothing", nil)
            } else {
                (state, since, words, remedy) = (.connected, status.since, nil, nil)
            }
        case .connecting, .failed:
            (state, since) = (.problem, status.gapSince ?? status.since)
            words = status.failure?.words ?? "the server connects to it"
            remedy = status.failure?.remedy
        }
    }

    var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("name", .string(name)), ("state", .string(state.rawValue)),
            ("since", .string(since.description)),
        ]
        for (key, value) in [
            ("room", room), ("work_centre", workCentre), ("last_frame", lastFrame?.description),
            ("problem", words), ("remedy", remedy),
        ] {
            if let value { fields.append((key, .string(value))) }
        }
        return .object(JSONObject(fields))
    }
}
