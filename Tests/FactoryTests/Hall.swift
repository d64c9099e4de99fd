import Access
import Base
import Evidence
import EvidenceFormat
import Factory
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// A server with test cameras, asked as its clients ask it.
final class Hall {
    let bench: ServerBench
    let client: WireClient

    init(cameras: String...) throws {
        bench = try ServerBench()
        client = try WireClient(path: bench.socketPath)
        try client.logIn("owner")
        for id in cameras { try add(camera: id) }
        for id in cameras { try ready(id) }
    }

    func add(camera id: String, url: String = "test:mjpeg?size=320x240&fps=25", room: String? = nil)
        throws
    {
        _ = try ask(.cameraAdd) { fields in
            fields.add(.camera, id)
            fields.add(.url, url)
            var wishes: [(String, JSON)] = [("ring_bytes", .int(8_000_000))]
            if let room { wishes.append(("room", .string(room))) }
            fields.add(.document, JSON.object(JSONObject(wishes)).encode())
        }
    }

    /// Until a camera has given pictures.
    func ready(_ id: String) throws {
        for _ in 0..<600 {
            let camera = try ask(.cameraShow) { $0.add(.camera, id) }
            if camera.json["state"]?.string == "recording", camera.json["frames"]?.int ?? 0 > 5 {
                return
            }
            pauseFor(milliseconds: 50)
        }
        Issue.record("\(id) does not record")
    }

    struct Refused: Error {
        let code: WireError.Code
        let words: String
    }

    struct Told {
        let json: JSONObject
        let items: [JSONObject]
        let body: [UInt8]

        func text(_ name: String) -> String? { json[name]?.string }
        func texts(_ name: String) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }
    }

    func ask(_ operation: WireProtocol.Operation, _ build: (inout FieldWriter) -> Void) throws
        -> Told
    {
        for _ in 0..<50 {
            do {
                return try Self.ask(client, operation, build)
            } catch let refused as Refused where refused.code == .noFrame {
                // The machine is too busy for the camera; that is another test's subject.
                pauseFor(milliseconds: 100)
            }
        }
        return try Self.ask(client, operation, build)
    }

    static func ask(
        _ client: WireClient, _ operation: WireProtocol.Operation,
        _ build: (inout FieldWriter) -> Void
    ) throws -> Told {
        let answer = try client.request(operation, build)
        if let error = answer.error { throw Refused(code: error, words: answer.words) }
        func object(_ frame: WireClient.Frame?) throws -> JSONObject {
            guard let text = try frame?.text(.document) else { return JSONObject([]) }
            return try JSON(parsing: Array(text.utf8).span, bytesMax: 1 << 20).object
                ?? JSONObject([])
        }
        return Told(
            json: try object(answer.reply), items: try answer.items.map(object), body: answer.body)
    }

    func refusal(_ body: () throws -> Void) -> Refused? {
        do {
            try body()
            return nil
        } catch let refused as Refused {
            return refused
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    // MARK: In short

    func point(_ id: String, _ document: String) throws {
        _ = try ask(.pointAdd) { fields in
            fields.add(.point, id)
            fields.add(.document, document)
        }
    }

    func centre(_ id: String, _ document: String = "{}") throws {
        _ = try ask(.centreAdd) { fields in
            fields.add(.centre, id)
            fields.add(.document, document)
        }
    }

    @discardableResult
    func trigger(_ centre: String, _ document: String) throws -> String {
        let told = try ask(.triggerAdd) { fields in
            fields.add(.centre, centre)
            fields.add(.document, document)
        }
        return told.json["triggers"]?.array?.last?.object?["id"]?.string ?? ""
    }

    func reach(
        _ point: String, check: String? = nil, links: [String] = [], at: WallTime? = nil
    ) throws -> Told {
        try ask(.checkReach) { fields in
            fields.add(.point, point)
            if let check { fields.add(.check, check) }
            for link in links { fields.add(.link, link) }
            if let at { fields.add(.at, at.microseconds) }
        }
    }

    func check(_ check: String) throws -> Told { try ask(.checkShow) { $0.add(.check, check) } }

    func press(
        _ centre: String, key: String? = nil, code: String? = nil, at: WallTime? = nil,
        links: [String] = [], request: String? = nil
    ) throws -> Told {
        try ask(.press) { fields in
            fields.add(.centre, centre)
            if let key { fields.add(.key, key) }
            if let code { fields.add(.code, code) }
            if let at { fields.add(.at, at.microseconds) }
            for link in links { fields.add(.link, link) }
            if let request { fields.add(.requestID, request) }
        }
    }

    func snap(_ camera: String, links: [String]) throws -> String {
        let told = try ask(.snap) { fields in
            fields.add(.camera, camera)
            for link in links { fields.add(.link, link) }
        }
        return told.items[0]["id"]?.string ?? ""
    }

    func found(_ link: String) throws -> [String] {
        try ask(.find) { $0.add(.link, link) }.items.compactMap { $0["id"]?.string }
    }

    private var isClosed = false

    func close() throws {
        isClosed = true
        try bench.close()
    }

    /// A test that failed leaves no server behind.
    deinit {
        guard !isClosed else { return }
        bench.floor.end()
        try? bench.close()
    }
}

extension JSONObject {
    var links: [String] {
        (self["links"]?.array ?? []).compactMap { link in
            guard let kind = link.object?["kind"]?.string, let value = link.object?["value"]?.string
            else { return nil }
            return "\(kind)=\(value)"
        }
    }
}
