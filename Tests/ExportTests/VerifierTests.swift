import Archive
import Base
import Evidence
import EvidenceFormat
import Export
import Foundation
import TestSupport
import Testing

/// `verify.py` and the exporter: what one writes, the other must verify, down to the page.
@Suite struct VerifierTests {
    private let scratch = Scratch()
    private let clock = ManualClock()
    private let root: String

    init() throws { root = try TestLog.rootSigner().verifierKey.text }

    private func verify(_ path: String, _ options: String...) throws -> Ran {
        try Ran(["python3", Place.verifier, path] + options)
    }

    private func bundle(
        _ wanted: BundleRequest.Wanted, _ container: Container, of log: EvidenceLog
    ) throws -> String {
        let text =
            #"{"count":2,"kind":"person","on":"<x>","t":"2026-11-26T08:00:00.000000Z","#
            + #""what":"read","who":"ann"}"#
        let line = try JSON(parsing: Array(text.utf8).span)
        var bytes: [UInt8] = []
        let request = BundleRequest(wanted, container, by: "ann & co", at: Bundled.at)
        let writer = try BundleWriter(
            LogExtract(log), request,
            anchors: { _ in [] }, custody: { _, _, take throws(Failure) in try take(line, 5) },
            { piece in bytes.append(span: piece) })
        try writer.run()
        let name = "bundle.\(container.rawValue)"
        scratch.write(name, bytes)
        return "\(scratch.path)/\(name)"
    }

    @Test(arguments: Container.allCases)
    func `a bundle verifies as it was exported`(container: Container) throws {
        let rich = try RichLog(scratch.path + "/log", clock)
        let path = try bundle(Bundled.query(rich.check), container, of: rich.log)
        let pinned = try verify(path, "--root", root)
        #expect(pinned.code == 3, "\(pinned.output)")
        #expect(pinned.output.hasPrefix("VERIFIED, UNANCHORED\n"), "\(pinned.output)")
        let told = try verify(path, "--root", root, "--json")
        let found =
            try JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [String: Any]
        #expect(told.code == 3 && found?["code"] as? Int == 3)
        #expect(found?["verdict"] as? String == "VERIFIED, UNANCHORED")
        #expect((found?["records"] as? [Any])?.count == 6)
        let open = try verify(path)
        #expect(open.code == 2, "\(open.output)")
        let other = try verify(path, "--root", TestLog.logSigner().verifierKey.text)
        #expect(other.code == 1, "\(other.output)")
    }

    @Test func `by id, by another link and by time`() throws {
        let rich = try RichLog(scratch.path + "/log", clock)
        var query = Query()
        query.camera = "cam-3"
        // The stream begins before it, and comes with its picture nevertheless.
        query.from = clock.now.adding(seconds: 1)
        query.to = clock.now.adding(seconds: 60)
        for wanted in [
            .ids([rich.rendered]), .query(query),
            Bundled.query(try Link(kind: "serial", value: "SN-1")),
        ] as [BundleRequest.Wanted] {
            let ran = try verify(bundle(wanted, .zip, of: rich.log), "--root", root)
            #expect(ran.code == 3, "\(wanted): \(ran.output)")
        }
    }

    @Test func `inside its folder it needs no arguments`() throws {
        let rich = try RichLog(scratch.path + "/log", clock)
        let folder = try unpacked(rich)
        let ran = try Ran(["python3", "verify.py"], in: folder)
        #expect(ran.code == 2, "\(ran.output)")
        #expect(try Ran(["python3", "verify.py", "--rot", "x"], in: folder).code == 64)
    }

    @Test func `the commands of README.txt work as they are written`() throws {
        let rich = try RichLog(scratch.path + "/log", clock)
        let folder = try unpacked(rich)
        let script = try Place.text("README.txt").split(
            separator: "\n", omittingEmptySubsequences: false
        ).filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
        scratch.write("hand.sh", Array(script.utf8))
        let ran = try Ran(
            ["sh", scratch.path + "/hand.sh"], in: folder,
            ["KEY": root, "TMPDIR": scratch.path])
        let hand = """
            bundle.note
            tagmanifest-sha256.txt
            Signature Verified Successfully
            Signature Verified Successfully
            Signature Verified Successfully
            0000000004: no bytes here
            0000000005: no bytes here

            """
        #expect(ran.output.hasPrefix("VERIFIED, UNANCHORED\n"), "\(ran.output)")
        #expect(ran.output.hasSuffix("proven one by one.\n" + hand), "\(ran.output)")

        // By hand alone, with a picture, a leaf and a note that were changed.
        let steps = script.split(separator: "\n").dropFirst().joined(separator: "\n")
        scratch.write("hand.sh", Array(steps.utf8))
        for (name, complaint) in [
            ("proof/records/0000000004.leaf", "0000000004.leaf IS NOT IN THE LOG"),
            ("proof/checkpoint", "Signature Verification Failure"),
            ("proof/keyset.note", "Signature Verification Failure"),
        ] {
            let file = URL(fileURLWithPath: folder + "/" + name)
            let good = try Data(contentsOf: file)
            var bad = good
            bad[4] ^= 1
            try bad.write(to: file)
            let found = try Ran(
                ["sh", scratch.path + "/hand.sh"], in: folder,
                ["KEY": root, "TMPDIR": scratch.path])
            try good.write(to: file)
            #expect(found.output.contains(complaint), "\(name): \(found.output)")
            #expect(found.output.contains("\(name): FAILED"), "\(name): \(found.output)")
        }
    }

    private func unpacked(_ rich: RichLog) throws -> String {
        let zip = try bundle(Bundled.query(rich.check), .zip, of: rich.log)
        let ran = try Ran(["python3", "-m", "zipfile", "-e", zip, scratch.path + "/out"])
        #expect(ran.code == 0, "\(ran.output)")
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out").first)
        return scratch.path + "/out/" + name
    }

    @Test func `bagit agrees that it is a bag`() throws {
        guard try Ran(["python3", "-c", "import bagit"]).code == 0 else {
            print("**** REFEREE SKIPPED: bagit; pip install bagit ****")
            return
        }
        let folder = try unpacked(RichLog(scratch.path + "/log", clock))
        let good = try Ran(["python3", "-m", "bagit", "--validate", folder])
        #expect(good.code == 0, "\(good.output)")
        let page = URL(fileURLWithPath: folder + "/data/index.html")
        var data = try Data(contentsOf: page)
        data[data.count / 2] ^= 1
        try data.write(to: page)
        let bad = try Ran(["python3", "-m", "bagit", "--validate", folder])
        #expect(bad.code == 1 && bad.output.contains("data/index.html"), "\(bad.output)")
    }
}

/// Every attack on a bundle that `docs/evidence.md` numbers, one by one, in one process for each
/// group: `Tests/Referees/bundle_attacks.py` makes good bundles and forged ones.
@Suite struct VerifierAttackTests {
    @Test(arguments: ["good", "files", "resealed", "forged", "spelling", "zip", "tar", "stamps"])
    func `no attack gets through, and each finding names the file`(group: String) throws {
        let script = Place.referees.appendingPathComponent("bundle_attacks.py").path
        let ran = try Ran(["python3", "-B", script, group])
        let wrong = ran.output.split(separator: "\n").filter { !$0.hasPrefix("ok ") }
        #expect(ran.code == 0 && ran.output.contains(" passed, 0 failed"), "\(wrong)")
    }
}

/// The texts in every bundle.
@Suite struct BundleTextTests {
    @Test func `the program has the texts as they stand in the tree`() throws {
        let again = "run tools/embed-texts"
        #expect(try Place.text("verify.py") == verifyText, "\(again)")
        #expect(try Place.text("README.txt") == readmeText, "\(again)")
        #expect(try Place.text("proofs.py") == proofsText, "\(again)")
        #expect(try Place.text("report.py") == reportText, "\(again)")
        let words = "import report, sys; sys.stdout.write(report.TOP + report.END)"
        let page = try Ran(["python3", "-B", "-c", words], in: Place.texts.path)
        #expect(page.output == pageTopText + pageEndText, "\(again)")
    }

    @Test func `the verifier is short enough to be read`() throws {
        let lines = try Place.text("verify.py").split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count - 1 <= 500)
        #expect(lines.allSatisfy { $0.count <= 100 })
        for name in ["proofs.py", "report.py", "README.txt"] {
            #expect(try Place.text(name).split(separator: "\n").allSatisfy { $0.count <= 100 })
        }
    }

    @Test(arguments: ["verify.py", "proofs.py", "report.py"])
    func `the verifier is Python 3.8 and asks for nothing from outside`(name: String) throws {
        let look = """
            import ast, sys
            tree = ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))
            for node in ast.walk(tree):
                for name in ([x.name for x in node.names] if isinstance(node, ast.Import) else
                             [node.module] if isinstance(node, ast.ImportFrom) else []):
                    assert name in ("proofs", "report") or (
                        name.split(".")[0] in sys.stdlib_module_names), name
            """
        let path = Place.texts.appendingPathComponent(name).path
        let ran = try Ran(["python3", "-c", look, path])
        #expect(ran.code == 0, "\(ran.output)")
        let judged = try Ran(["vermin", "--target=3.8-", "--violations", path])
        guard judged.code != 127 else {
            print("**** REFEREE SKIPPED: vermin; pip install vermin ****")
            return
        }
        #expect(judged.code == 0, "\(judged.output)")
    }
}
