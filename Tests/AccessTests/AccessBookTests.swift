import Access
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import TestSupport
import Testing

@Suite struct AccessBookTests {
    @Test func `the first start makes one admin, whose password is told once`() throws {
        let house = try House()
        let secret = try #require(house.firstSecret)
        #expect(secret.count >= 16)
        let admin = try #require(house.book.contents.people.first)
        #expect(house.book.contents.people.count == 1)
        #expect(admin.name == "admin" && admin.mustChange && admin.grant.roles == [.admin])
        #expect(try house.lastGrant() == "granted person admin by server")
        #expect(try house.logIn("admin", secret) == nil)
        #expect(failure { try house.book.person("admin").require(.users) }?.kind == .denied)
        #expect(try house.reopen() == nil)
        #expect(try house.logIn("admin", secret) == nil)
        #expect(try house.grants.count == 1)
    }

    @Test func `an own password ends the one-time one`() throws {
        let house = try House()
        let secret = try #require(house.firstSecret)
        let generation = house.book.generation
        try house.book.setPassword(of: "admin", to: "four green words", by: House.boss)
        #expect(house.book.generation > generation)
        #expect(try house.logIn("admin", secret)?.words == "wrong name or password")
        #expect(try house.logIn("admin", "four green words") == nil)
        try house.book.person("admin").require(.users)
        let short = failure {
            try house.book.setPassword(of: "admin", to: "short", by: House.boss)
        }
        #expect(short?.kind == .invalid && short?.words.contains("10 characters") == true)
    }

    @Test func `every grant, change and revocation is a leaf by its author`() throws {
        let house = try House()
        let book = house.book
        _ = try book.addPerson(
            "anna", Grant(roles: [.operator], cameras: ["press-3"]), by: House.boss)
        let leaf = try #require(try house.grants.last)
        #expect(leaf.body["roles"]?.array == [.string("operator")])
        #expect(leaf.body["cams"]?.array == [.string("press-3")])
        #expect(try house.lastGrant() == "granted person anna by boss")
        try book.setPerson("anna", Grant(roles: [.auditor]), by: House.boss)
        #expect(try house.lastGrant() == "changed person anna by boss")
        _ = try book.resetPassword(of: "anna", by: House.boss)
        #expect(try house.lastGrant() == "changed person anna by boss")
        try book.removePerson("anna", by: House.boss)
        #expect(try house.lastGrant() == "revoked person anna by boss")
        #expect(try house.grants.last?.body["roles"]?.array == [])
        _ = try book.addToken("odoo", Grant(roles: [.erp]), by: House.boss)
        #expect(try house.lastGrant() == "granted token odoo by boss")
        _ = try book.revokeToken("odoo", by: House.boss)
        #expect(try house.lastGrant() == "revoked token odoo by boss")
        let key = SHA256.hash([1].span)
        try book.addMachine("gate-1", key: key, Grant(roles: [.gateway]), by: House.boss)
        #expect(try house.lastGrant() == "granted machine gate-1 by boss")
        #expect(try house.grants.last?.digest("key") == key)
        try book.removeMachine("gate-1", by: House.boss)
        #expect(try house.lastGrant() == "revoked machine gate-1 by boss")
        #expect(try house.grants.count == 9)
    }

    @Test func `what was given is there after a restart`() throws {
        let house = try House()
        let until = house.clock.now.adding(seconds: 86_400)
        let password = try house.book.addPerson(
            "anna", Grant(roles: [.operator, .qaLead], cameras: ["a", "b"], until: until),
            by: House.boss)
        let text = try house.book.addToken("odoo", Grant(roles: [.erp]), by: House.boss).text
        let key = SHA256.hash([1].span)
        try house.book.addMachine("gate", key: key, Grant(roles: [.gateway]), by: House.boss)
        let before = house.book.contents
        _ = try house.reopen()
        #expect(house.book.contents.people == before.people)
        #expect(house.book.contents.tokens == before.tokens)
        #expect(house.book.contents.machines == before.machines)
        #expect(try house.logIn("anna", password) == nil)
        #expect(try house.book.token(text).roles == [.erp])
        #expect(try house.book.machine(key: key).actor == "machine:gate")
        let read = try AccessContents(dataDirectory: house.folder.path)
        #expect(read?.people == before.people)
    }

    @Test func `neither files nor errors give a secret away`() throws {
        let house = try House()
        let password = try house.book.addPerson(
            "anna", Grant(roles: [.operator]), by: House.boss)
        try house.book.setPassword(of: "anna", to: "canary-password-1", by: House.boss)
        let (_, token) = try house.book.addToken("odoo", Grant(roles: [.erp]), by: House.boss)
        let secret = try #require(token.split(separator: "_", maxSplits: 2).last)
        var words = "\(house.book.contents)"
        words += try house.logIn("anna", "canary-password-2")?.words ?? ""
        words += failure { _ = try house.book.token(token + "x") }?.words ?? ""
        try house.log.close()
        let canaries = [
            password, "canary-password-1", "canary-password-2", String(secret), house.firstSecret,
        ].compactMap { $0 }
        #expect(canaries.count == 5)
        for canary in canaries {
            #expect(!words.contains(canary))
            for name in house.folder.files {
                let bytes = Data(house.folder.bytes(name))
                #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(canary) in \(name)")
            }
        }
        let file = house.folder.path + "/access/book.json"
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a token opens with its whole text and with nothing else`() throws {
        let house = try House()
        let (token, text) = try house.book.addToken(
            "odoo", Grant(roles: [.erp]), by: House.boss)
        #expect(text.hasPrefix("prt_\(token.id)_"))
        #expect(try house.book.token(text).actor == "token:odoo")
        let other = try house.book.addToken("mes", Grant(roles: [.erp]), by: House.boss).text
        let mixed =
            "prt_\(token.id)_" + other.split(separator: "_", maxSplits: 2)[2]
        for wrong in ["", "prt", "prt__", text + "A", String(text.dropLast()), mixed, "x" + text] {
            let words = failure { _ = try house.book.token(wrong) }
            #expect(words?.kind == .denied, "\(wrong)")
        }
    }

    @Test func `a token that was revoked or has ended opens nothing`() throws {
        let house = try House()
        let end = house.clock.now.adding(seconds: 60)
        let short = try house.book.addToken(
            "short", Grant(roles: [.erp], until: end), by: House.boss
        ).text
        let long = try house.book.addToken("long", Grant(roles: [.erp]), by: House.boss)
        let identity = try house.book.token(short)
        house.clock.advance(seconds: 61)
        #expect(failure { _ = try house.book.token(short) }?.words.contains("ended") == true)
        #expect(failure { _ = try house.book.renew(identity) }?.kind == .denied)
        let open = try house.book.token(long.text)
        _ = try house.book.revokeToken(long.token.id, by: House.boss)
        #expect(failure { _ = try house.book.token(long.text) }?.words.contains("revoked") == true)
        #expect(failure { _ = try house.book.renew(open) }?.words.contains("taken back") == true)
        // The name is free again, and opens nothing for who had it before.
        _ = try house.book.addToken("long", Grant(roles: [.auditor]), by: House.boss)
        #expect(failure { _ = try house.book.renew(open) }?.kind == .denied)
        #expect(failure { _ = try house.book.token(long.text) } != nil)
    }

    @Test func `when a token was used is written at most once a minute`() throws {
        let house = try House()
        let text = try house.book.addToken("odoo", Grant(roles: [.erp]), by: House.boss).text
        _ = try house.book.token(text)
        func written() throws -> WallTime? {
            try AccessContents(dataDirectory: house.folder.path)?.tokens.first?.lastUsed
        }
        try house.book.saveUses()
        #expect(try written() == nil)
        #expect(house.book.contents.tokens.first?.lastUsed == house.clock.now)
        house.clock.advance(seconds: 61)
        try house.book.saveUses()
        let first = try #require(try written())
        _ = try house.book.token(text)
        try house.book.saveUses()
        #expect(try written() == first)
        // A change of something else keeps what the file does not know yet.
        _ = try house.book.addPerson("anna", Grant(roles: [.operator]), by: House.boss)
        #expect(try #require(try written()) > first)
        try house.book.saveUses(atOnce: true)
        #expect(try written() == house.clock.now)
    }

    @Test func `an open session has the rights of now, and ends with its password`() throws {
        let house = try House()
        _ = try house.book.addPerson("anna", Grant(roles: [.operator]), by: House.boss)
        try house.book.setPassword(of: "anna", to: "four green words", by: House.boss)
        let session = try house.book.person("anna")
        try house.book.setPerson("anna", Grant(roles: [.auditor]), by: House.boss)
        #expect(session.roles == [.operator])
        #expect(try house.book.renew(session).roles == [.auditor])
        _ = try house.book.resetPassword(of: "anna", by: House.boss)
        #expect(failure { _ = try house.book.renew(session) }?.kind == .denied)
        #expect(try house.book.renew(.owner("root")) == .owner("root"))
    }

    @Test func `a person whose time is over is nobody`() throws {
        let house = try House()
        let end = house.clock.now.adding(seconds: 60)
        let password = try house.book.addPerson(
            "eva", Grant(roles: [.auditor], until: end), by: House.boss)
        #expect(try house.logIn("eva", password) == nil)
        house.clock.advance(seconds: 60)
        #expect(try house.logIn("eva", password)?.words == "wrong name or password")
    }

    @Test func `nobody changes his own rights, and one admin stays`() throws {
        let house = try House()
        let book = house.book
        let admin = Author(actor: "admin", session: "s")
        let own = failure {
            try book.setPerson("admin", Grant(roles: [.admin, .auditor]), by: admin)
        }
        #expect(own?.kind == .refused)
        for lost in [
            failure { try book.removePerson("admin", by: House.boss) },
            failure { try book.setPerson("admin", Grant(roles: [.auditor]), by: House.boss) },
        ] {
            #expect(lost?.kind == .refused && lost?.words.contains("last admin") == true)
        }
        _ = try book.addPerson("ida", Grant(roles: [.admin]), by: House.boss)
        try book.removePerson("admin", by: House.boss)
        #expect(book.contents.people.map(\.name) == ["ida"])
    }

    @Test(arguments: ["", "Anna", "an na", "token:x", "ännä", "server", "owner", "a/b"])
    func `a name that could be mistaken for another is refused`(name: String) throws {
        let house = try House()
        let words = failure {
            _ = try house.book.addPerson(name, Grant(roles: [.operator]), by: House.boss)
        }
        #expect(words?.kind == .invalid)
        #expect(try house.grants.count == 1)
    }

    @Test func `grants that make no sense are refused before anything is written`() throws {
        let house = try House()
        let past = house.clock.now
        for grant in [
            Grant(roles: []), Grant(roles: [.owner]), Grant(roles: [.erp, .erp]),
            Grant(roles: [.erp], cameras: []), Grant(roles: [.erp], cameras: ["a", "a"]),
            Grant(roles: [.erp], until: past),
        ] {
            let words = failure { _ = try house.book.addToken("odoo", grant, by: House.boss) }
            #expect(words?.kind == .invalid)
        }
        #expect(try house.grants.count == 1 && house.book.contents.tokens.isEmpty)
    }

    @Test func `rights that cannot be logged are not given`() throws {
        let house = try House()
        try house.log.close()
        let words = failure {
            _ = try house.book.addToken("odoo", Grant(roles: [.erp]), by: House.boss)
        }
        #expect(words != nil)
        #expect(house.book.contents.tokens.isEmpty)
        #expect(try AccessContents(dataDirectory: house.folder.path)?.tokens.isEmpty == true)
    }

    @Test func `a damaged book is refused, not replaced`() throws {
        let house = try House()
        try house.log.close()
        house.folder.write("access/book.json", Array("{}".utf8))
        #expect(throws: Failure.self) { try house.reopen() }
        #expect(house.folder.bytes("access/book.json") == Array("{}".utf8))
    }
}
