import Archive
import Base
import Evidence
import EvidenceFormat
import Export
import Foundation
import TestSupport
import Testing

/// Programs of other people judge a bundle and what is in it. Where one is not installed, that is
/// said and nothing more.
@Suite struct BundleRefereeTests {
    private let scratch = Scratch()

    /// Nil, loudly, where the program is not there.
    private func run(
        _ command: String..., package: String, in folder: String? = nil
    ) throws -> Ran? {
        let ran = try Ran(command, in: folder)
        guard ran.code == 127 || ran.code == 77 else { return ran }
        print("**** REFEREE SKIPPED: \(command[0]); install \(package) ****")
        return nil
    }

    /// The sample's bundle in a folder of its own, by our own reading of it.
    private func unpacked() throws -> String {
        for (name, bytes) in try Bag().files { scratch.write("bag/\(name)", bytes) }
        return scratch.path + "/bag"
    }

    /// What a program made of a bundle is what we say is in it.
    private func expectWhole(_ folder: String, _ base: String) throws {
        let files = try Bag().files
        let prefix = "\(folder)/\(base)/"
        let found = scratch.files.filter { $0.hasPrefix(prefix) }
        #expect(Set(found.map { String($0.dropFirst(prefix.count)) }) == Set(files.keys))
        for (name, bytes) in files { #expect(scratch.bytes(prefix + name) == bytes, "\(name)") }
    }

    private func base() throws -> String {
        var reader = try ZipReader(MemoryBytes(BundleSample.shared.zip))
        let entry = try #require(try reader.next())
        return String(entry.name.prefix { $0 != "/" })
    }

    @Test func `unzip finds nothing wrong and unpacks the same bytes`() throws {
        scratch.write("bundle.zip", BundleSample.shared.zip)
        let path = scratch.path + "/bundle.zip"
        guard let tested = try run("unzip", "-tqq", path, package: "unzip") else { return }
        #expect(tested.code == 0 && tested.output.isEmpty, "\(tested.output)")
        let ran = try Ran(["unzip", "-q", path, "-d", scratch.path + "/unzip"])
        #expect(ran.code == 0 && ran.output.isEmpty, "\(ran.output)")
        try expectWhole("unzip", base())
    }

    @Test(arguments: ["zip", "tar.zst"])
    func `bsdtar unpacks the same bytes`(ending: String) throws {
        let sample = BundleSample.shared
        scratch.write("bundle", ending == "zip" ? sample.zip : sample.tar)
        scratch.write("bsdtar/here", [])
        let ran = try run(
            "bsdtar", "-xf", scratch.path + "/bundle", "-C", scratch.path + "/bsdtar",
            package: "libarchive-tools")
        guard let ran else { return }
        #expect(ran.code == 0 && ran.output.isEmpty, "\(ran.output)")
        try expectWhole("bsdtar", base())
    }

    @Test func `Go's own checker of logs proves each leaf under the root key`() throws {
        let script = Place.referees.appendingPathComponent("go/run.sh").path
        let root = try TestLog.rootSigner().verifierKey.text
        let folder = try unpacked()
        let packages = "golang-go and golang-golang-x-mod-dev"
        guard let good = try run("sh", script, folder, root, package: packages) else { return }
        #expect(good.code == 0 && good.output.contains(" passed, 0 failed"), "\(good.output)")
        let leaves = try Bag().names.count { $0.hasSuffix(".leaf") }
        // Signature, proof and another leaf of each; the note; one older checkpoint.
        #expect(good.output.hasPrefix("\(3 * leaves + 2) passed"), "\(good.output)")
        let name = try Bag().name("proof/records/") { _ in true }
        scratch.write("bag/\(name)", scratch.bytes("bag/\(name)") + [0x20])
        let bad = try Ran(["sh", script, folder, root])
        #expect(bad.code == 1 && bad.output.contains("FAILED"), "\(bad.output)")
    }

    @Test func `rfc3161-client verifies a time stamp of a bundle's checkpoint`() throws {
        let authority = try TestAuthority()
        let note = BundleSample.shared.newest.encode()
        scratch.write("checkpoint", note)
        scratch.write("ca.pem", authority.certificate)
        let query = try Ran(
            ["openssl", "ts", "-query", "-data", "checkpoint", "-sha256", "-cert", "-out", "q"],
            in: scratch.path)
        #expect(query.code == 0, "\(query.output)")
        scratch.write("tsr", try authority.reply(to: scratch.bytes("q")))
        let script = """
            import sys
            try:
                from rfc3161_client import VerifierBuilder, decode_timestamp_response
            except ImportError:
                sys.exit(77)
            from cryptography import x509
            data = open("checkpoint", "rb").read()
            roots = x509.load_pem_x509_certificates(open("ca.pem", "rb").read())
            builder = VerifierBuilder()
            for root in roots:
                builder = builder.add_root_certificate(root)
            verifier = builder.build()
            reply = decode_timestamp_response(open("tsr", "rb").read())
            assert verifier.verify_message(reply, data)
            try:
                verifier.verify_message(reply, data + b"x")
            except Exception:
                print("good")
            """
        let ran = try run(
            "python3", "-c", script, package: "rfc3161-client (pip)", in: scratch.path)
        if let ran { #expect(ran.output == "good\n", "\(ran.output)") }
    }
}
