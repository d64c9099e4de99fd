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

/// Control points and the checks that they ask for, as the seed documents tell of them.
@Suite(.serialized) struct CheckTests {
    static let check = "odoo:6f1c/quality.check/17"

    @Test func `a control point of type take a picture is bound to a device`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point(
            "weld", #"{"name": "Weld seam", "cameras": ["press-3"], "operation": "Weld"}"#)
        let point = try hall.ask(.pointShow) { $0.add(.point, "weld") }
        #expect(point.text("type") == "picture" && point.texts("cameras") == ["press-3"])
        #expect(point.text("name") == "Weld seam" && point.text("operation") == "Weld")
        #expect(
            hall.refusal { try hall.point("other", #"{"cameras": ["press-9"]}"#) }?.code
                == .notFound)
        #expect(
            hall.refusal { try hall.point("weld", #"{"cameras": ["press-3"]}"#) }?.code
                == .alreadyExists)
        try hall.close()
    }

    @Test func `a picture is requested when the quality check is reached in production`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"], "product": "odoo:6f1c/product/3"}"#)
        let watcher = try WireClient(path: hall.bench.socketPath)
        try watcher.logIn("owner")
        var topic = FieldWriter()
        topic.add(.topic, "check")
        try watcher.ask(.watch, topic)
        // The watcher's place is taken once a second request is answered.
        _ = try Hall.ask(watcher, .status) { _ in }
        let reached = try hall.reach("weld", check: Self.check, links: ["work-order=WH/MO/00001"])
        #expect(reached.text("state") == "open" && reached.texts("missing") == ["press-3"])
        #expect(reached.json["pictures"]?.array?.isEmpty == true)
        let news = try watcher.receive()
        #expect(try news.text(.topic) == "check")
        #expect(try news.text(.document)?.contains(Self.check) == true)
        let taken = try hall.ask(.checkTake) { $0.add(.check, Self.check) }
        #expect(taken.items.count == 1 && taken.text("state") == "complete")
        #expect(
            taken.items[0].links == [
                "check=\(Self.check)", "work-order=WH/MO/00001", "control-point=point/weld",
                "product=odoo:6f1c/product/3",
            ])
        try hall.close()
    }

    @Test func `a point may take the picture of the instant in which it is reached`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"], "take": "reached"}"#)
        pauseFor(milliseconds: 700)
        let instant = WallTime(microseconds: hall.bench.clock.now.microseconds - 500_000)
        let reached = try hall.reach("weld", check: Self.check, at: instant)
        #expect(reached.text("state") == "complete")
        let picture = try #require(reached.json["pictures"]?.array?.first?.object)
        let taken = try #require(picture["instant"]?.string.flatMap { WallTime($0) })
        #expect(abs(taken.microseconds - instant.microseconds) < 40_001)
        // An ERP that was not told asks again, and gets the same check with the same picture.
        let again = try hall.reach("weld", check: Self.check)
        #expect(again.json["repeated"]?.bool == true)
        #expect(again.json["pictures"]?.array?.count == 1)
        try hall.close()
    }

    @Test func `a dead camera keeps no check from being opened, and the check says what it lacks`()
        throws
    {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.point("weld", #"{"cameras": ["press-3", "press-4"], "take": "reached"}"#)
        _ = try hall.ask(.cameraOff) { $0.add(.camera, "press-4") }
        pauseFor(milliseconds: 1200)
        let reached = try hall.reach("weld", check: Self.check)
        #expect(reached.text("state") == "open")
        #expect(reached.text("problem")?.contains("press-4") == true)
        #expect(reached.texts("missing").contains("press-4"))
        try hall.close()
    }

    @Test func `a check is created directly with type take a picture`() throws {
        let hall = try Hall(cameras: "press-3")
        let reached = try hall.ask(.checkReach) { fields in
            fields.add(.camera, "press-3")
            fields.add(.link, "check=QA/18")
        }
        #expect(reached.text("check") == "QA/18" && reached.text("point") == nil)
        #expect(reached.texts("missing") == ["press-3"])
        _ = try hall.snap("press-3", links: ["check=QA/18"])
        #expect(try hall.check("QA/18").text("state") == "complete")
        // Without a key of somebody's own it gets one of this log's, and one for each request.
        func own() throws -> Hall.Told {
            try hall.ask(.checkReach) { fields in
                fields.add(.camera, "press-3")
                fields.add(.requestID, "r-1")
            }
        }
        let first = try own()
        #expect(first.text("check")?.hasPrefix("proofreel:") == true)
        let again = try own()
        #expect(again.text("check") == first.text("check"))
        #expect(again.json["repeated"]?.bool == true)
        try hall.close()
    }

    @Test func `control points are listed and added from the device's page`() throws {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        try hall.point("paint", #"{"cameras": ["press-4", "press-3"]}"#)
        let camera = try hall.ask(.cameraShow) { $0.add(.camera, "press-3") }
        let ids = camera.json["points"]?.array?.compactMap { $0.object?["id"]?.string }
        #expect(ids == ["weld", "paint"])
        let listed = try hall.ask(.pointList) { $0.add(.camera, "press-4") }
        #expect(listed.items.map { $0["id"]?.string } == ["paint"])
        try hall.close()
    }

    @Test func `a check that demands a picture is not complete without it, and no pass`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        _ = try hall.reach("weld", check: Self.check)
        func close(_ verdict: String, incomplete: Bool = false) throws {
            _ = try hall.ask(.close) { fields in
                fields.add(.check, Self.check)
                fields.add(.state, verdict)
                fields.add(.reason, "seam seen")
                if incomplete { fields.add(.incomplete) }
            }
        }
        let refused = try #require(hall.refusal { try close("pass") })
        #expect(refused.code == .refused && refused.words.contains("press-3"))
        #expect(hall.refusal { try close("pass", incomplete: true) }?.code == .refused)
        #expect(hall.refusal { try close("fail") }?.code == .refused)
        // What came from elsewhere is not what was demanded.
        _ = try hall.client.put([0xFF, 0xD8, 0xFF, 0xD9], check: Self.check)
        #expect(hall.refusal { try close("pass") }?.code == .refused)
        _ = try hall.ask(.checkTake) { $0.add(.check, Self.check) }
        try close("pass")
        let closed = try hall.check(Self.check)
        #expect(closed.text("state") == "closed" && closed.text("verdict") == "pass")
        #expect(closed.text("note") == "seam seen" && closed.text("closed_by") != nil)
        #expect(closed.text("closed") != nil)
        #expect(
            hall.refusal { _ = try hall.snap("press-3", links: ["check=\(Self.check)"]) } != nil)
        try hall.close()
    }

    @Test func `an optional check passes without, and a failed one says that pictures are missing`()
        throws
    {
        let hall = try Hall(cameras: "press-3")
        try hall.point("look", #"{"cameras": ["press-3"], "mandatory": false}"#)
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        for (point, check, verdict) in [("look", "QA/1", "pass"), ("weld", "QA/2", "fail")] {
            _ = try hall.reach(point, check: check)
            _ = try hall.ask(.close) { fields in
                fields.add(.check, check)
                fields.add(.state, verdict)
                fields.add(.reason, "camera dead")
                if verdict == "fail" { fields.add(.incomplete) }
            }
            #expect(try hall.check(check).texts("missing") == ["press-3"])
        }
        let open = try hall.ask(.checkList) { $0.add(.state, "open") }
        #expect(open.items.isEmpty)
        let closed = try hall.ask(.checkList) { $0.add(.state, "closed") }
        #expect(closed.items.map { $0["check"]?.string } == ["QA/2", "QA/1"])
        try hall.close()
    }

    @Test func `a picture belongs to a quality check and is fetched by the check's id`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        _ = try hall.reach("weld", check: Self.check)
        let taken = try hall.ask(.checkTake) { $0.add(.check, Self.check) }
        let answer = try hall.client.request(.get) { $0.add(.link, "check=\(Self.check)") }
        #expect(try answer.reply?.text(.id) == taken.items[0]["id"]?.string)
        #expect(answer.body.prefix(2) == [0xFF, 0xD8])
        try hall.close()
    }

    @Test func `one shot of several cameras under one check says their skew`() throws {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.point("weld", #"{"cameras": ["press-3", "press-4"]}"#)
        _ = try hall.reach("weld", check: Self.check)
        let taken = try hall.ask(.checkTake) { $0.add(.check, Self.check) }
        #expect(taken.items.count == 2)
        #expect(Set(taken.items.map { $0["shot"]?.string }).count == 1)
        #expect(taken.items.allSatisfy { $0["skew_us"]?.int ?? -1 >= 0 })
        try hall.close()
    }

    @Test func `the opened check stands in the log for an auditor to compare`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7")
        try hall.point("weld", #"{"cameras": ["press-3"], "centre": "wc-7", "operation": "Weld"}"#)
        _ = try hall.reach("weld", check: Self.check)
        let leaf = try #require(try hall.bench.log.chain(of: Self.check).first)
        #expect(leaf.kind == .check && leaf.string("point") == "weld")
        #expect(leaf.string("centre") == "wc-7" && leaf.string("operation") == "Weld")
        #expect(leaf.links.map(\.link.kind) == ["check", "control-point", "work-centre"])
        #expect(leaf.links[0].place?.ordinal == 1)
        // The point may go; what it asked for stays.
        _ = try hall.ask(.pointRemove) { $0.add(.point, "weld") }
        #expect(try hall.check(Self.check).texts("cameras") == ["press-3"])
        try hall.close()
    }

    @Test(arguments: [
        "odoo:6f1c/quality.check/4294967297", "plant/a|b\\c", "Prüfung № 17", "検査/🔧", "a=b=c",
        "' OR 1=1 --", "../../etc/passwd", "%2e%2e", "e\u{301}", "é",
    ])
    func `whatever a check is called, it is opened, found and closed by that name`(check: String)
        throws
    {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        let reached = try hall.reach("weld", check: check)
        #expect(reached.text("check")?.utf8.elementsEqual(check.utf8) == true)
        let taken = try hall.ask(.checkTake) { $0.add(.check, check) }
        #expect(try hall.found("check=\(check)") == [taken.items[0]["id"]?.string])
        #expect(try hall.check(check).text("state") == "complete")
        let listed = try hall.ask(.checkList) { $0.add(.state, "complete") }
        #expect(listed.items.count == 1)
        _ = try hall.ask(.close) { fields in
            fields.add(.check, check)
            fields.add(.reason, "seen")
        }
        #expect(try hall.check(check).text("state") == "closed")
        try hall.close()
    }

    @Test(arguments: ["", "17", "a\nb", String(repeating: "x", count: 513)])
    func `a check's key that means nothing elsewhere is refused`(check: String) throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        #expect(hall.refusal { _ = try hall.reach("weld", check: check) }?.code == .invalid)
        #expect(try hall.ask(.checkList) { _ in }.items.isEmpty)
        try hall.close()
    }

    @Test func `e with an accent and é are two checks`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        _ = try hall.reach("weld", check: "QA/e\u{301}")
        _ = try hall.reach("weld", check: "QA/é")
        _ = try hall.ask(.checkTake) { $0.add(.check, "QA/é") }
        #expect(try hall.check("QA/é").text("state") == "complete")
        #expect(try hall.check("QA/e\u{301}").text("state") == "open")
        try hall.close()
    }

    @Test func `of many who reach one check at once, one opens it`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"], "take": "reached"}"#)
        let factory = hall.bench.factory
        let outcomes = Monitor<[Bool]>([])
        let threads = (0..<16).map { i in
            Thread(name: "reach") {
                var reach = Reach(by: TestLog.author)
                reach.point = "weld"
                reach.check = try? Link(kind: "check", value: "QA/1")
                reach.request = "r-\(i)"
                reach.links = (try? [Link(kind: "lot", value: "L-\(i)")]) ?? []
                let reached = try? factory.reach(reach)
                if let reached { outcomes.withLock { $0.append(reached.receipt.repeated) } }
            }
        }
        for thread in threads { thread.join() }
        #expect(outcomes.withLock { $0 }.count == 16)
        #expect(outcomes.withLock { $0 }.count { !$0 } == 1)
        let chain = try hall.bench.log.chain(of: "QA/1")
        #expect(chain.count { $0.kind == .check } == 1)
        try hall.close()
    }
}
