internal import Access
internal import Base
internal import HTTPD
internal import Recorder
internal import Server

/// Cameras as they are now.
extension Route {
    static let cameras: [Route] = [
        Route("/cameras/ID.jpg", ["cameras"], .suffix(".jpg")) { visit, site in
            try visit.allow([])
            return try CameraLook.reply(at: visit.parameter, visit, site)
        },
        Route("/cameras/ID.mjpg", ["cameras"], .suffix(".mjpg")) { visit, site in
            try visit.allow([])
            return try LiveView.reply(visit, site, .pictures) { viewer in
                (PictureStream.type, PictureStream(viewer))
            }
        },
        Route("/cameras/ID/live.mp4", ["cameras"], .word("live.mp4")) { visit, site in
            try visit.allow([])
            return try LiveView.reply(visit, site, .fragments) { viewer in
                ("video/mp4", FragmentStream(viewer))
            }
        },
    ]
}

/// A picture of now, and how old it is.
enum CameraLook {
    static func reply(at camera: String, _ visit: Visit, _ site: Site) throws -> HTTPReply {
        let look = try site.desk.look(at: camera, for: try visit.identified())
        let age = (site.clock.now.microseconds - look.instant.microseconds) / 1000
        return HTTPReply(
            200,
            [
                ("Content-Type", "image/jpeg"), Replies.fresh, ("Proofreel-Camera", camera),
                ("Proofreel-Instant", look.instant.description),
                ("Proofreel-Distance-Ms", "\((look.distanceMicroseconds - 500) / 1000)"),
                ("Proofreel-Age-Ms", "\(max(0, age))"), ("Proofreel-Clock", "server"),
            ], .bytes(look.jpeg))
    }
}

enum LiveView {
    static func reply(
        _ visit: Visit, _ site: Site, _ form: LiveForm,
        _ make: (Viewer) -> (type: String, stream: any HTTPStream)
    ) throws -> HTTPReply {
        let caller = try visit.identified()
        let camera = visit.parameter
        try site.desk.requireLook(at: camera, of: caller)
        // A view of a camera that sends nothing would be an empty success.
        try site.desk.recorder.requireFresh(camera)
        let place = try site.place()
        try site.desk.note(caller, .live, "camera \(camera)")
        let seat = try site.desk.live.look(at: camera, form, wake: visit.wake)
        let viewer = Viewer(seat, place, camera: camera, caller: caller, site: site)
        let (type, stream) = make(viewer)
        return HTTPReply(
            200, [("Content-Type", type), Replies.fresh],
            visit.isHead ? .bytes([]) : .stream(stream))
    }
}
