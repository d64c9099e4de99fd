internal import Access
internal import Base
internal import Evidence
internal import HTTPD
internal import Server

/// For load balancers and watchdogs, without a log-in: they say nothing of what is stored.
extension Route {
    static let health: [Route] = [
        Route("/healthz", ["healthz"], isOpen: true, isQuick: true) { visit, _ in
            try visit.allow([])
            return Replies.text("ok")
        },
        Route("/readyz", ["readyz"], isOpen: true, isQuick: true) { visit, site in
            try visit.allow([])
            // The cause is for those who may know it: `proofreel status`.
            guard site.desk.log.stopped == nil else {
                return notReady("nothing is stored any more; proofreel status says why")
            }
            guard site.desk.trail?.stopped == nil else {
                return notReady("nothing can be read any more; proofreel status says why")
            }
            return Replies.text("ready")
        },
    ]

    private static func notReady(_ words: String) -> HTTPReply {
        var reply = Replies.text(words, 503)
        reply.headers.append(("Retry-After", "10"))
        return reply
    }
}
