internal import Base
internal import Factory
internal import HTTPD
internal import Server

/// How a camera or a work centre is, for a screen that has room for a light and two words.
extension Route {
    static let states: [Route] =
        state("/cameras/ID", "cameras") { try $0.desk.graphic(ofCamera: $1, for: $2) }
        + state("/centres/ID", "centres") { try $0.desk.graphic(ofCentre: $1, for: $2) }

    private static func state(
        _ path: String, _ word: String,
        _ graphic: @escaping @Sendable (Site, String, Caller) throws -> StatusGraphic
    ) -> [Route] {
        @Sendable func look(_ visit: Visit, _ site: Site) throws -> StatusGraphic {
            try visit.allow([])
            return try graphic(site, visit.parameter, visit.identified())
        }
        return [
            Route("\(path)/status.svg", [word], .word("status.svg"), isQuick: true) {
                visit, site in
                HTTPReply(
                    200, [("Content-Type", "image/svg+xml"), Replies.fresh],
                    .bytes(Array(try look(visit, site).svg().utf8)))
            },
            Route("\(path)/status.json", [word], .word("status.json"), isQuick: true) {
                visit, site in Replies.json(try look(visit, site).json)
            },
        ]
    }
}
