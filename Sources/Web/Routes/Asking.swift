internal import Base
internal import EvidenceFormat
internal import Factory
internal import HTTPD
internal import HTTPFormat
internal import Server
internal import WireProtocol

/// "Show me the camera in the paint shop": the picture itself, or JSON for programs that say so.
extension Route {
    static let ask = Route("/ask?q=SENTENCE", ["ask"]) { visit, site in
        try visit.allow(["q"])
        guard let sentence = visit.target.value("q") else {
            throw Failure(.invalid, "ask something, such as /ask?q=show+me+the+paint+shop")
        }
        return visit.headers.wantsJSON
            ? try Asking.document(sentence, visit, site)
            : try Asking.picture(sentence, visit, site)
    }
}

enum Asking {
    /// One camera's picture of now. Of several none is chosen, and none is looked at.
    static func picture(_ sentence: String, _ visit: Visit, _ site: Site) throws -> HTTPReply {
        let meant = try site.desk.meant(by: sentence, for: try visit.identified())
        if meant.cameras.count == 1, let camera = meant.cameras.first {
            return try CameraLook.reply(at: camera, visit, site)
        }
        guard meant.cameras.isEmpty else {
            let addresses = meant.cameras.map { "/cameras/\($0).jpg" }
            return Replies.text(([meant.words] + addresses).joined(separator: "\n"), 300)
        }
        throw WireError(.notFound, meant.words)
    }

    /// All of them, each with its age and its picture, or with why there is none.
    static func document(_ sentence: String, _ visit: Visit, _ site: Site) throws -> HTTPReply {
        var fields = FieldWriter()
        fields.add(.words, sentence)
        let told = try site.desk.told(.ask, fields, for: try visit.identified())
        var rest = told.body[...]
        let cameras = told.items.compactMap(\.object).map { camera in
            let count = Int(clamping: camera["bytes"]?.int ?? 0)
            let picture = rest.prefix(count)
            rest = rest.dropFirst(count)
            var members = camera.members.map { ($0.key, $0.value) }
            if count > 0 { members.append(("picture", .string(Array(picture).base64))) }
            return JSON.object(JSONObject(members))
        }
        let members = told.document?.object?.members.map { ($0.key, $0.value) } ?? []
        return Replies.json(
            .object(
                JSONObject(
                    members + [
                        ("cameras", .array(cameras)), ("count", .int(Int64(cameras.count))),
                    ])))
    }
}
