import Access
import Base
import Evidence
import EvidenceFormat
import Linux
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// What was expected beside what was found (N7).
@Suite struct ReportTests {
    private static let order = "work-order=WH/MO/00001"
    private static func key(_ number: Int) -> String { "odoo:6f1c/quality.check/\(number)" }

    private func report(
        _ hall: Hall, _ links: String..., from: WallTime? = nil, late: Int64? = nil
    ) throws -> Hall.Told {
        try hall.ask(.auditReport) { fields in
            for link in links { fields.add(.link, link) }
            if let from { fields.add(.from, from.microseconds) }
            if let late { fields.add(.limit, late) }
        }
    }

    private func hall() throws -> Hall {
        let hall = try Hall(cameras: "press-3")
        try hall.point("weld", #"{"cameras":["press-3"]}"#)
        return hall
    }

    @Test func `an order whose checks have their pictures is whole`() throws {
        let hall = try hall()
        defer { try? hall.close() }
        for number in 1...3 {
            _ = try hall.reach("weld", check: Self.key(number), links: [Self.order])
            _ = try hall.snap("press-3", links: ["check=\(Self.key(number))", Self.order])
        }
        let told = try report(hall, Self.order)
        #expect(told.json["whole"]?.bool == true)
        #expect(told.json["expected"]?.int == 3)
        #expect(told.json["complete"]?.int == 3)
    }

    @Test func `a check without its picture is missing, also where nothing at all came`() throws {
        let hall = try hall()
        defer { try? hall.close() }
        _ = try hall.reach("weld", check: Self.key(1), links: [Self.order])
        _ = try hall.reach("weld", check: Self.key(2), links: ["work-order=WH/MO/00002"])
        let told = try report(hall, Self.order)
        #expect(told.json["whole"]?.bool == false)
        #expect(told.json["missing"]?.int == 1)
        let checks = told.items.filter { $0["of"]?.string == "check" }
        #expect(checks.map { $0["check"]?.string } == [Self.key(1)])
        #expect(checks.first?["missing"]?.array?.compactMap(\.string) == ["press-3"])
    }

    @Test func `pictures of no check, unannounced checks and late pictures are told apart`() throws
    {
        let hall = try hall()
        defer { try? hall.close() }
        let stray = try hall.snap("press-3", links: [Self.order])
        _ = try hall.snap("press-3", links: [Self.order, "check=\(Self.key(9))"])
        _ = try hall.reach("weld", check: Self.key(1), links: [])
        let before = hall.bench.clock.now.adding(seconds: -3600)
        let receipt = try TestLog.add(
            hall.bench.log, 1, camera: "press-3",
            links: [
                try Link(kind: "check", value: Self.key(1)),
                try Link(kind: "work-order", value: "WH/MO/00001"),
            ], at: before)
        let told = try report(hall, Self.order)
        #expect(told.json["unlinked"]?.int == 1)
        #expect(told.items.first { $0["of"]?.string == "unlinked" }?["id"]?.string == stray)
        #expect(told.json["unannounced"]?.int == 1)
        #expect(told.json["late"]?.int == 1)
        let late = told.items.first { $0["check"]?.string == Self.key(1) }?["late"]?.array?.first
        #expect(late?.object?["id"]?.string == receipt.id.description)
        #expect(try report(hall, Self.order, late: 7200).json["late"]?.int == 0)
    }

    @Test func `gaps of the cameras concerned come along with their causes`() throws {
        let hall = try hall()
        defer { try? hall.close() }
        let start = hall.bench.clock.now
        _ = try hall.reach("weld", check: Self.key(1), links: [Self.order])
        _ = try hall.ask(.cameraOff) { $0.add(.camera, "press-3") }
        pauseFor(milliseconds: 300)
        _ = try hall.ask(.cameraOn) { $0.add(.camera, "press-3") }
        try hall.ready("press-3")
        _ = try hall.snap("press-3", links: ["check=\(Self.key(1))", Self.order])
        var told = try report(hall, Self.order, from: start)
        for _ in 0..<200 where told.json["gaps"]?.int == 0 {
            pauseFor(milliseconds: 50)
            told = try report(hall, Self.order, from: start)
        }
        let gap = told.items.first { $0["of"]?.string == "gap" }
        #expect(gap?["camera"]?.string == "press-3")
        #expect(gap?["cause"]?.string == "configuration")
    }

    @Test func `a report of nothing in particular, or by who may not export, is refused`() throws {
        let hall = try hall()
        defer { try? hall.close() }
        #expect(hall.refusal { _ = try report(hall) }?.code == .invalid)
        let client = try WireClient(port: hall.bench.plainPort)
        try client.logIn("token", secret: try hall.bench.token([.operator]))
        let refused = hall.refusal {
            _ = try Hall.ask(client, .auditReport) { $0.add(.link, Self.order) }
        }
        #expect(refused?.code == .denied)
    }
}
