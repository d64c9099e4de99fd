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

/// Work centres and their triggers.
@Suite(.serialized) struct TriggerTests {
    @Test func `a trigger is a device, the action take a picture, and a key that may be left out`()
        throws
    {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7", #"{"name": "Welding 7"}"#)
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "action": "picture", "key": "F9"}"#)
        let pressed = try hall.press("wc-7", key: "f9")
        #expect(pressed.items.count == 1 && pressed.text("trigger") == "t1")
        #expect(pressed.items[0]["trigger"]?.string == "wc-7/t1 key:f9")
        #expect(pressed.items[0].links == ["work-centre=centre/wc-7"])
        #expect(hall.refusal { _ = try hall.press("wc-7", key: "F8") }?.code == .notFound)
        #expect(try hall.press("wc-7").items.count == 1)
        #expect(
            hall.refusal {
                try hall.trigger("wc-7", #"{"cameras": ["press-3"], "action": "print"}"#)
            }?.code == .invalid)
        try hall.close()
    }

    @Test func `of two triggers with one key the first listed is chosen, and then the other one`()
        throws
    {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        let second = try hall.trigger("wc-7", #"{"cameras": ["press-4"], "key": "F9"}"#)
        #expect(try hall.press("wc-7", key: "F9").items[0]["camera"]?.string == "press-3")
        let moved = try hall.ask(.triggerMove) { fields in
            fields.add(.centre, "wc-7")
            fields.add(.trigger, second)
            fields.add(.position, 1)
        }
        #expect(
            moved.json["triggers"]?.array?.compactMap { $0.object?["id"]?.string } == ["t2", "t1"])
        #expect(try hall.press("wc-7", key: "F9").items[0]["camera"]?.string == "press-4")
        // The order survives a restart, and a number that was taken away is not given again.
        _ = try hall.ask(.triggerRemove) { fields in
            fields.add(.centre, "wc-7")
            fields.add(.trigger, second)
        }
        let book = try FactoryBook(dataDirectory: hall.bench.scratch.path)
        #expect(try book.contents.centre("wc-7").triggers.map(\.id) == ["t1"])
        #expect(try hall.trigger("wc-7", #"{"cameras": ["press-4"]}"#) == "t3")
        try hall.close()
    }

    @Test func `the press takes the picture of its instant, for the check that waits there`() throws
    {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        try hall.point("weld", #"{"cameras": ["press-3"], "centre": "wc-7"}"#)
        _ = try hall.reach("weld", check: "QA/1", links: ["work-order=WH/MO/1"])
        pauseFor(milliseconds: 600)
        let at = WallTime(microseconds: hall.bench.clock.now.microseconds - 300_000)
        let pressed = try hall.press("wc-7", key: "F9", at: at)
        #expect(pressed.text("check") == "QA/1")
        #expect(pressed.items[0].links.contains("work-order=WH/MO/1"))
        let instant = try #require(pressed.items[0]["instant"]?.string.flatMap { WallTime($0) })
        #expect(abs(instant.microseconds - at.microseconds) < 40_001)
        #expect(try hall.check("QA/1").text("state") == "complete")
        // The next press is for nobody's check: that one has its picture.
        #expect(try hall.press("wc-7", key: "F9").text("check") == nil)
        try hall.close()
    }

    @Test func `the same press again takes no second picture`() throws {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3", "press-4"], "key": "F9"}"#)
        try hall.point("weld", #"{"cameras": ["press-3", "press-4"], "centre": "wc-7"}"#)
        _ = try hall.reach("weld", check: "QA/1")
        let first = try hall.press("wc-7", key: "F9", request: "r-1")
        let again = try hall.press("wc-7", key: "F9", request: "r-1")
        #expect(first.items.map { $0["id"]?.string } == again.items.map { $0["id"]?.string })
        #expect(try hall.found("check=QA/1").count == 2)
        // Under the id of another request it is refused, and not answered with a wrong picture.
        #expect(
            hall.refusal { _ = try hall.press("wc-7", request: "r-1") }?.code == .alreadyExists)
        try hall.close()
    }

    @Test func `a scanned code becomes a link by the centre's patterns`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre(
            "wc-7", #"{"patterns": ["serial=SN-*", "lot=L####", "serial=plant7/|############"]}"#)
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        #expect(try hall.press("wc-7", code: "SN-0042").items.isEmpty)
        #expect(try hall.press("wc-7", code: "L2044").json.links == ["lot=L2044"])
        let pressed = try hall.press("wc-7", key: "F9")
        #expect(pressed.items[0].links.contains("serial=SN-0042"))
        #expect(pressed.items[0].links.contains("lot=L2044"))
        _ = try hall.press("wc-7", code: "400638133393")
        let next = try hall.press("wc-7", key: "F9")
        #expect(next.items[0].links.contains("serial=plant7/400638133393"))
        #expect(!next.items[0].links.contains("serial=SN-0042"))
        #expect(hall.refusal { _ = try hall.press("wc-7", code: "???") }?.code == .notFound)
        // A trigger for scans takes the picture with the code.
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "scan"}"#)
        let scanned = try hall.press("wc-7", code: "SN-0043")
        #expect(scanned.items.count == 1 && scanned.items[0].links.contains("serial=SN-0043"))
        try hall.close()
    }

    @Test func `an operator triggers at the own line and nowhere else`() throws {
        let hall = try Hall(cameras: "press-3", "press-4")
        for (centre, camera) in [("wc-3", "press-3"), ("wc-4", "press-4")] {
            try hall.centre(centre)
            try hall.trigger(centre, #"{"cameras": ["\#(camera)"]}"#)
        }
        let token = try hall.bench.token([.operator], cameras: ["press-3"])
        let client = try WireClient(port: hall.bench.plainPort)
        try client.logIn("token", secret: token)
        func press(_ centre: String) throws -> Hall.Told {
            try Hall.ask(client, .press) { $0.add(.centre, centre) }
        }
        #expect(try press("wc-3").items.count == 1)
        #expect(hall.refusal { _ = try press("wc-4") }?.code == .denied)
        #expect(
            hall.refusal {
                _ = try Hall.ask(client, .centreAdd) { $0.add(.centre, "wc-5") }
            }?.code == .denied)
        try hall.close()
    }

    @Test func `the ERP reaches checks, and presses nothing`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        try hall.centre("wc-3")
        let client = try WireClient(port: hall.bench.plainPort)
        try client.logIn("token", secret: try hall.bench.token([.erp]))
        let reached = try Hall.ask(client, .checkReach) { fields in
            fields.add(.point, "weld")
            fields.add(.check, "QA/1")
        }
        #expect(reached.text("state") == "open")
        #expect(try Hall.ask(client, .checkShow) { $0.add(.check, "QA/1") }.text("point") == "weld")
        #expect(
            hall.refusal { _ = try Hall.ask(client, .press) { $0.add(.centre, "wc-3") } } != nil)
        #expect(hall.refusal { _ = try Hall.ask(client, .checkList) { _ in } }?.code == .denied)
        try hall.close()
    }

    @Test func `a press that was made before the process ended has its picture after`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        pauseFor(milliseconds: 700)
        // What is on the disk when the process ends between the press and the picture.
        let at = WallTime(microseconds: hall.bench.clock.now.microseconds - 400_000)
        var press = Press("wc-7", at: at, request: "left-1", by: TestLog.author)
        press.key = "F9"
        let shot = try #require(try hall.bench.factory.plan(press).shot)
        _ = try hall.bench.factory.journal.put(shot)
        let told = try hall.bench.floor.takeLeft()
        #expect(told.count == 1 && told[0].contains("has its picture now"))
        let ids = try hall.found("work-centre=centre/wc-7")
        #expect(ids.count == 1)
        #expect(try hall.bench.factory.journal.left().presses.isEmpty)
        // The client that never got an answer asks again, and gets that one.
        #expect(
            try hall.press("wc-7", key: "F9", request: "left-1").items[0]["id"]?.string == ids[0])
        try hall.close()
    }

    @Test func `a thousand times the same press is one picture`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        var ids: Set<String> = []
        for _ in 0..<1000 {
            let pressed = try hall.press("wc-7", key: "F9", request: "r-1")
            ids.insert(pressed.items[0]["id"]?.string ?? "")
        }
        #expect(ids.count == 1)
        #expect(try hall.found("work-centre=centre/wc-7") == Array(ids))
        try hall.close()
    }

    @Test func `a press at a dead camera is told why and since when, and is over`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7")
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        _ = try hall.ask(.cameraOff) { $0.add(.camera, "press-3") }
        pauseFor(milliseconds: 1200)
        let refused = try #require(hall.refusal { _ = try hall.press("wc-7", key: "F9") })
        #expect(refused.code == .cameraOff && refused.words.contains("press-3"))
        #expect(try hall.bench.factory.journal.left().presses.isEmpty)
        #expect(try hall.found("work-centre=centre/wc-7").isEmpty)
        try hall.close()
    }
}
