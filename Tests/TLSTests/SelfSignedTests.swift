import Base
import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite struct SelfSignedTests {
    @Test(arguments: [[], ["a b"], ["a,IP:1.2.3.4"], ["x\n"], [""]])
    func `names that are no host names are refused`(names: [String]) {
        #expect(throws: Failure.self) { try SelfSigned.make(names: names, years: 1) }
    }

    @Test(arguments: [0, 31]) func `years have a limit`(years: Int) {
        #expect(throws: Failure.self) { try SelfSigned.make(names: ["a"], years: years) }
    }

    @Test func `two certificates have two keys, and the key fits its own only`() throws {
        let one = try Papers()
        let two = try Papers()
        #expect(one.made.keyHash != two.made.keyHash)
        let failure = #expect(throws: Failure.self) {
            try TLSContext(serverCertificate: one.certificate, key: two.key)
        }
        #expect(failure?.words.contains(two.key) == true)
        #expect(throws: Failure.self) {
            try TLSContext(serverCertificate: one.scratch.path + "/none", key: one.key)
        }
    }

    @Test func `OpenSSL reads the certificate as it was meant`() throws {
        guard FileManager.default.fileExists(atPath: "/usr/bin/openssl") else { return }
        let papers = try Papers()
        let text = try Self.openssl(["x509", "-in", papers.certificate, "-noout", "-text"])
        #expect(text.contains("DNS:reel.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(text.contains("CN = reel.test") && text.contains("prime256v1"))
        #expect(text.contains("CA:FALSE") && text.contains("Version: 3"))
        // The hash is the one that everybody can compute: sha256 of the key as DER.
        let key = papers.scratch.path + "/public.der"
        _ = try Self.openssl(
            ["pkey", "-in", papers.key, "-pubout", "-outform", "DER", "-out", key])
        let sum = try Self.openssl(["dgst", "-sha256", "-hex", key])
        #expect(sum.contains(papers.made.keyHash.hex))
    }

    @Test func `a fingerprint is read back, and nothing that only looks like one`() throws {
        let hash = try Papers().made.keyHash
        #expect(Digest(fingerprint: hash.fingerprint) == hash)
        #expect(hash.fingerprint.hasPrefix("SHA256:") && !hash.fingerprint.contains("="))
        for text in [hash.fingerprint + "=", "SHA256:", hash.hex, "SHA256:" + hash.hex] {
            #expect(Digest(fingerprint: text) == nil)
        }
    }

    private static func openssl(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
