import Access
import Base
import Evidence
import EvidenceFormat
import Linux
import SASL
import TestSupport
import Testing
import WireProtocol
import ServerSupport

/// Holds, retention, identities and the trail over the wire, with the rights that each needs.
@Suite(.serialized) struct PeopleOperationTests {
    private func json(_ frame: WireClient.Frame?) throws -> JSONObject {
        try CameraOperationTests.json(frame)
    }

    private func client(
        _ bench: ServerBench, _ roles: [Role], cameras: [String]? = nil
    ) throws -> WireClient {
        let client = try WireClient(port: bench.plainPort)
        try client.logIn("token", secret: try bench.token(roles, cameras: cameras))
        return client
    }

    @Test func `a hold takes the right to hold, and its end another person with another right`()
        throws
    {
        let bench = try ServerBench()
        let auditor = try client(bench, [.auditor])
        let lead = try client(bench, [.qaLead])
        func hold(_ client: WireClient) throws -> WireClient.Answer {
            try client.request(.hold) { fields in
                fields.add(.link, "lot=L-2026-11")
                fields.add(.reason, "complaint 4711")
            }
        }
        #expect(try hold(lead).error == .denied)
        let id = try #require(try json(try hold(auditor).reply)["id"]?.string)
        func unhold(_ client: WireClient) throws -> WireClient.Answer {
            try client.request(.unhold) { fields in
                fields.add(.id, id)
                fields.add(.reason, "case closed")
            }
        }
        #expect(try unhold(lead).error == .denied)
        #expect(try json(try unhold(auditor).reply)["released"]?.bool == false)
        #expect(try unhold(auditor).error == .denied)
        let listed = try lead.request(.holds) { _ in }
        #expect(
            try json(listed.items.first)["release_asked_by"]?.string?.hasPrefix("token:") == true)
        #expect(try json(try unhold(lead).reply)["released"]?.bool == true)
        #expect(try auditor.request(.holds) { _ in }.items.isEmpty)
        let two = try auditor.request(.hold) { fields in
            fields.add(.link, "lot=L-1")
            fields.add(.from, 1)
            fields.add(.to, 2)
            fields.add(.reason, "both")
        }
        #expect(two.error == .invalid)
        #expect(try client(bench, [.gateway]).request(.holds) { _ in }.error == .denied)
        try bench.close()
    }

    @Test func `an early erasure takes two people, each with a log-in of his own`() throws {
        let bench = try ServerBench()
        let picture = try TestLog.add(bench.log, 1)
        let auditor = try client(bench, [.auditor])
        func erase(_ client: WireClient, _ reference: String = "AZ 12/26") throws
            -> WireClient.Answer
        {
            try client.request(.retentionErase) { fields in
                fields.add(.id, picture.id.description)
                fields.add(.name, reference)
                fields.add(.reason, "court order")
            }
        }
        for role in [Role.operator, .erp, .admin] {
            #expect(try erase(try client(bench, [role])).error == .denied)
        }
        #expect(try json(try erase(auditor).reply)["ordered"]?.bool == false)
        // The same person again, and another one for another order, are no second person.
        #expect(try erase(auditor).error == .refused)
        let lead = try client(bench, [.qaLead])
        #expect(try json(try erase(lead, "AZ 99/26").reply)["ordered"]?.bool == false)
        #expect(try bench.log.record(picture.id).removal == .present)
        let ordered = try json(try erase(lead).reply)
        #expect(ordered["ordered"]?.bool == true)
        let index = try #require(ordered["receipt"]?.object?["index"]?.int)
        let leaf = try bench.log.leaf(at: UInt64(index))
        #expect(leaf.body["actors"]?.array?.compactMap(\.string) == ["token:t5", "token:t1"])
        guard case .due = try bench.log.record(picture.id).removal else {
            Issue.record("not ordered")
            return
        }
        // Having it done is the owner's, and not before the grace period has passed.
        func apply(_ client: WireClient) throws -> WireClient.Answer {
            try client.request(.retentionApply) { $0.add(.reason, "monthly") }
        }
        #expect(try apply(lead).error == .denied)
        #expect(try json(try apply(try bench.owner()).reply)["removed"]?.int == 0)
        #expect(try bench.log.payload(of: picture.id) == TestLog.picture(1))
        try bench.close()
    }

    @Test func `rules of retention are set once and never shortened; what expired is listed`()
        throws
    {
        let bench = try ServerBench()
        let lead = try client(bench, [.qaLead])
        func set(_ rules: String) throws -> WireClient.Answer {
            try lead.request(.retentionSet) { fields in
                fields.add(.document, rules)
                fields.add(.reason, "IATF 16949")
            }
        }
        let rules = #"{"rules": [{"name": "all", "match": {"all": true}, "days": 30}]}"#
        #expect(try set(rules).reply != nil)
        #expect(try set(rules.replacing("30", with: "7")).error == .refused)
        #expect(try set("{}").error == .invalid)
        let shown = try json(try lead.request(.retention) { _ in }.reply)
        #expect(shown["rules"]?.array?.count == 1)
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        fields.add(.instant, bench.clock.now.adding(seconds: -60 * 86_400).microseconds)
        let owner = try bench.owner()
        let stream = try owner.ask(.put, fields, last: false)
        try owner.send(.data, TestLog.picture(1), stream: stream, last: true)
        #expect(try owner.answer(of: stream).reply != nil)
        let expired = try lead.request(.retentionPreview) { _ in }
        #expect(try expired.items.map { try json($0)["rule"]?.string } == ["all"])
        let event = try client(bench, [.erp]).request(.retentionEvent) { fields in
            fields.add(.name, "end-of-life")
            fields.add(.link, "serial=SN-1")
            fields.add(.reason, "scrapped")
        }
        #expect(event.reply != nil)
        #expect(try client(bench, [.erp]).request(.retention) { _ in }.error == .denied)
        try bench.close()
    }

    @Test func `a person is let in, chooses a password, and is bounded by roles and cameras`()
        throws
    {
        let bench = try ServerBench()
        let admin = try client(bench, [.admin])
        let added = try admin.request(.userAdd) { fields in
            fields.add(.name, "anna")
            fields.add(.role, "operator")
            fields.add(.camera, "press-3")
        }
        let first = try #require(try json(added.reply)["password"]?.string)
        let anna = try WireClient(port: bench.plainPort)
        _ = try LogInTests.logIn(anna, "anna", first, .none)
        #expect(try anna.request(.cameraList) { _ in }.error == .denied)
        let short = try anna.request(.userPassword) { $0.add(.secret, "short") }
        #expect(short.error == .invalid)
        let chosen = "four words in a row"
        #expect(try anna.request(.userPassword) { $0.add(.secret, chosen) }.reply != nil)
        let again = try WireClient(port: bench.plainPort)
        _ = try LogInTests.logIn(again, "anna", chosen, .none)
        #expect(try again.request(.cameraList) { _ in }.reply != nil)
        #expect(try again.request(.userList) { _ in }.error == .denied)
        let listed = try admin.request(.userList) { _ in }
        let names = try listed.items.map { try json($0)["name"]?.string ?? "" }
        #expect(names.contains("anna"))
        #expect(
            try admin.request(.userPassword) { fields in
                fields.add(.name, "anna")
                fields.add(.secret, "what the admin would know")
            }.error == .denied)
        let reset = try admin.request(.userPassword) { $0.add(.name, "anna") }
        #expect(try json(reset.reply)["password"]?.string != nil)
        // With the password the rights of running sessions went, too.
        #expect(try again.request(.cameraList) { _ in }.error == .notAdmitted)
        let widened = try admin.request(.userSet) { fields in
            fields.add(.name, "anna")
            fields.add(.role, "auditor")
            fields.add(.camera, "")
        }
        #expect(widened.reply != nil)
        let known = bench.book.contents.people.first { $0.name == "anna" }
        #expect(known?.grant.cameras == nil)
        #expect(known?.grant.roles == [.auditor])
        #expect(try admin.request(.userRemove) { $0.add(.name, "anna") }.reply != nil)
        #expect(try admin.request(.userRemove) { $0.add(.name, "anna") }.error == .notFound)
        try bench.close()
    }

    @Test func `tokens and machines are added, listed without secrets, and taken back`() throws {
        let bench = try ServerBench()
        let admin = try client(bench, [.admin])
        let made = try admin.request(.tokenAdd) { fields in
            fields.add(.name, "erp-odoo")
            fields.add(.role, "erp")
            fields.add(.to, bench.clock.now.adding(seconds: 3600).microseconds)
        }
        let text = try #require(try json(made.reply)["token"]?.string)
        let erp = try WireClient(port: bench.plainPort)
        try erp.logIn("token", secret: text)
        #expect(try erp.request(.find) { $0.add(.link, "check=x/1") }.reply != nil)
        let listed = try admin.request(.tokenList) { _ in }
        for item in listed.items {
            let document = try item.text(.document) ?? ""
            #expect(!document.contains(text.suffix(20)))
        }
        let end = try json(listed.items.last)["until"]?.string
        #expect(end != nil)
        #expect(try admin.request(.tokenRevoke) { $0.add(.name, "erp-odoo") }.reply != nil)
        #expect(try erp.request(.find) { $0.add(.link, "check=x/1") }.error == .notAdmitted)
        #expect(try admin.request(.tokenList) { $0.add(.ever) }.items.count == listed.items.count)
        func machine(_ key: [UInt8]) throws -> WireClient.Answer {
            try admin.request(.machineAdd) { fields in
                fields.add(.name, "gate-1")
                fields.add(.sha256, key)
                fields.add(.role, "gateway")
            }
        }
        #expect(try machine([1, 2, 3]).error == .invalid)
        #expect(try machine(bench.keyHash.bytes).reply != nil)
        #expect(try admin.request(.machineList) { _ in }.items.count == 1)
        #expect(try admin.request(.machineRemove) { $0.add(.name, "gate-1") }.reply != nil)
        for role in ["owner", "king", ""] {
            let refused = try admin.request(.tokenAdd) { fields in
                fields.add(.name, "x")
                fields.add(.role, role)
            }
            #expect(refused.error == .invalid)
        }
        #expect(try client(bench, [.auditor]).request(.tokenList) { _ in }.error == .denied)
        try bench.close()
    }

    @Test func `the trail is read in pages, each line once, and reading it stands in it`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        for i in 0..<25 {
            _ = try owner.request(.find) { $0.add(.link, "check=x/\(i)") }
            if i == 12 { try bench.trail.flush() }
        }
        let auditor = try client(bench, [.auditor])
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try auditor.request(.audit) { fields in
                fields.add(.kind, "search")
                fields.add(.limit, 7)
                if let cursor { fields.add(.cursor, cursor) }
            }
            for item in page.items { seen.append(try json(item)["on"]?.string ?? "") }
            cursor = try page.reply?.text(.cursor)
        } while cursor != nil
        #expect(seen == (0..<25).map { "check=x/\($0)" })
        #expect(try !bench.lines(.audit).isEmpty)
        #expect(try client(bench, [.operator]).request(.audit) { _ in }.error == .denied)
        for bad in ["x", "1", "1.2.3", "-1.0", "99999999.0", "0.0"] {
            #expect(try auditor.request(.audit) { $0.add(.cursor, bad) }.error == .invalid)
        }
        let keys = try json(try auditor.request(.keys) { _ in }.reply)
        #expect(keys["root_key"]?.string == bench.log.rootKey.text)
        try bench.close()
    }
}
