import Access
import Base
import Foundation
import Testing

@Suite struct RightsTests {
    private func roles(with right: Right) -> [Role] {
        Role.grantable.filter { $0.rights.has(right) }
    }

    @Test func `who runs the machine sees no pictures`() {
        for right in [Right.read, .search, .export, .trigger, .trail, .hold, .release, .erase] {
            #expect(!Role.admin.rights.has(right), "\(right)")
        }
        #expect(roles(with: .users) == [.admin] && roles(with: .keys) == [.admin])
        #expect(roles(with: .configure) == [.admin])
    }

    @Test func `no role holds both halves of the end of a hold`() {
        for role in Role.grantable {
            #expect(!(role.rights.has(.hold) && role.rights.has(.release)), "\(role)")
        }
        #expect(roles(with: .hold) == [.auditor] && roles(with: .release) == [.qaLead])
    }

    @Test func `evidence leaves, and is erased, only by those who answer for it`() {
        #expect(roles(with: .export) == [.auditor, .qaLead])
        #expect(roles(with: .erase) == [.auditor, .qaLead])
        #expect(roles(with: .trail) == [.auditor, .qaLead])
        #expect(roles(with: .policy) == [.qaLead])
        #expect(roles(with: .ingest) == [.gateway])
        #expect(roles(with: .read) == [.operator, .erp, .auditor, .qaLead])
    }

    @Test func `the owner has all rights, and every right has its own bit`() {
        for right in Right.allCases {
            #expect(Role.owner.rights.has(right))
            #expect(Rights([right]).list == [right])
        }
    }

    @Test func `a missing right is named with those who have it`() throws {
        let admin = Identity(.person, "ida", roles: [.admin])
        let words = try #require(failure { try admin.require(.read) })
        #expect(words.kind == .denied)
        #expect(words.words.contains("right read") && words.words.contains("auditor, qa-lead"))
        #expect(failure { try admin.require(.users) } == nil)
    }

    @Test func `cameras bound what concerns cameras, and nothing else`() throws {
        let identity = Identity(
            .person, "anna", roles: [.operator, .qaLead], cameras: ["press-3", "gate"])
        #expect(failure { try identity.require(.read, camera: "press-3") } == nil)
        let words = try #require(failure { try identity.require(.trigger, camera: "press-4") })
        #expect(words.kind == .denied && words.words.contains("press-3, gate"))
        #expect(failure { try identity.require(.policy, camera: "press-4") } == nil)
        #expect(
            failure {
                try Identity(.person, "eva", roles: [.operator]).require(.read, camera: "x")
            } == nil)
    }

    @Test func `an ERP reads what it names a link of, and more roles lift that`() {
        let erp = Identity(.token, "odoo", roles: [.erp])
        #expect(erp.readsByLinkOnly)
        #expect(failure { try erp.requireRead(camera: nil, namesLink: true) } == nil)
        #expect(failure { try erp.requireRead(camera: nil, namesLink: false) }?.kind == .denied)
        let both = Identity(.token, "odoo", roles: [.erp, .auditor])
        #expect(failure { try both.requireRead(camera: nil, namesLink: false) } == nil)
        #expect(erp.actor == "token:odoo")
    }

    @Test func `a one-time password opens nothing`() {
        let identity = Identity(.person, "admin", roles: [.admin], mustChange: true)
        for right in Right.allCases {
            let words = failure { try identity.require(right) }
            #expect(words?.kind == .denied && words?.words.contains("passwd") == true)
        }
    }

    @Test func `rights end at their time`() {
        let end = WallTime(microseconds: 1000)
        let identity = Identity(.person, "anna", roles: [.operator], expires: end)
        #expect(
            failure { try identity.requireCurrent(at: WallTime(microseconds: 999)) } == nil)
        #expect(failure { try identity.requireCurrent(at: end) }?.kind == .denied)
    }

    @Test func `the table of roles in the documentation is the one in the code`() throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = project.appendingPathComponent("docs/security.md")
        let text = try String(contentsOf: url, encoding: .utf8)
        let start = try #require(text.range(of: "<!-- roles -->\n"))
        let end = try #require(text.range(of: "<!-- /roles -->"))
        let table = String(text[start.upperBound..<end.lowerBound])
        if table != RoleTable.markdown(),
            ProcessInfo.processInfo.environment["PROOFREEL_WRITE_GOLDEN"] == "1"
        {
            let new =
                text[..<start.upperBound] + RoleTable.markdown() + text[end.lowerBound...]
            try String(new).write(to: url, atomically: true, encoding: .utf8)
        }
        #expect(table == RoleTable.markdown(), "run again with PROOFREEL_WRITE_GOLDEN=1")
    }
}
