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

/// The ERP often makes the check after the picture was taken.
@Suite(.serialized) struct LateLinkTests {
    static let order = "work-order=odoo:6f1c/mrp.production/5"

    @Test func `a picture taken for a work order is found by the check made a minute later`() throws
    {
        let hall = try Hall(cameras: "press-3", "press-4")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        let taken = try hall.snap("press-3", links: [Self.order])
        let other = try hall.snap("press-4", links: [Self.order])
        let reached = try hall.reach(
            "weld", check: "odoo:6f1c/quality.check/1", links: [Self.order])
        #expect(reached.texts("late") == [taken] && reached.text("state") == "complete")
        #expect(try hall.found("check=odoo:6f1c/quality.check/1") == [taken])
        // By a link of its own, that says why.
        let link = try #require(try hall.bench.log.chain(of: "odoo:6f1c/quality.check/1").last)
        #expect(link.kind == .link && link.string("reason")?.contains("before the check") == true)
        #expect(try hall.found(Self.order).sorted() == [taken, other].sorted())
        try hall.close()
    }

    @Test func `two databases with the same ids never mix`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        let taken = try hall.snap("press-3", links: [Self.order])
        let other = try hall.reach(
            "weld", check: "odoo:77aa/quality.check/1",
            links: ["work-order=odoo:77aa/mrp.production/5"])
        #expect(other.texts("late").isEmpty && other.text("state") == "open")
        let own = try hall.reach("weld", check: "odoo:6f1c/quality.check/1", links: [Self.order])
        #expect(own.texts("late") == [taken])
        try hall.close()
    }

    @Test func `a picture of one check does not become another's`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"]}"#)
        _ = try hall.snap("press-3", links: [Self.order, "check=QA/1"])
        #expect(try hall.reach("weld", check: "QA/2", links: [Self.order]).texts("late").isEmpty)
        try hall.close()
    }

    @Test func `what is older than the point's window stays what it was`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras": ["press-3"], "late_s": 1}"#)
        try hall.point("never", #"{"cameras": ["press-3"], "late_s": 0}"#)
        _ = try hall.snap("press-3", links: [Self.order])
        let now = hall.bench.clock.now
        #expect(try hall.reach("never", check: "QA/3", links: [Self.order]).texts("late").isEmpty)
        while hall.bench.clock.now < now.adding(seconds: 2) { pauseFor(milliseconds: 50) }
        #expect(try hall.reach("weld", check: "QA/4", links: [Self.order]).texts("late").isEmpty)
        try hall.close()
    }
}
