internal import Foundation
internal import Linux

/// A time-stamping authority made with `openssl ts`: its own CA, its own certificate, its clock set
/// by `faketime` where a test wants another time.
package final class TestAuthority: Sendable {
    package static let policy = "1.2.3.4.1"
    package static let otherPolicy = "1.2.3.4.5"
    private static let mime = "application/timestamp-reply"

    package let folder = Scratch()
    /// Each reply takes the next number from one file.
    private let turns = Monitor(false)

    /// - made: as `faketime` takes it, when its certificates were made; nil: now.
    /// - days: how long its own certificate is good.
    /// - revocations: the address that its certificate names for them.
    package init(made: String? = nil, days: Int = 365, revocations: String? = nil) throws {
        let points = revocations.map { "crlDistributionPoints=URI:\($0)\n" } ?? ""
        folder.write(
            "ext",
            Array(
                ("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
                    + "basicConstraints=CA:FALSE\n" + points).utf8))
        folder.write("serial", Array("01\n".utf8))
        folder.write("index", [])
        folder.write(
            "tsa.cnf",
            Array(
                """
                [tsa]
                default_tsa = here
                [here]
                serial = serial
                crypto_device = builtin
                signer_cert = tsa.pem
                signer_key = tsa.key
                signer_digest = sha256
                default_policy = \(Self.policy)
                other_policies = \(Self.otherPolicy)
                digests = sha256
                accuracy = secs:1
                ess_cert_id_alg = sha256
                [ca]
                default_ca = lists
                [lists]
                database = index
                default_md = sha256
                default_crl_days = 30

                """.utf8))
        let fake = made.map { "faketime '\($0)' " } ?? ""
        try sh(
            """
            openssl ecparam -name prime256v1 -genkey -noout -out ca.key
            openssl ecparam -name prime256v1 -genkey -noout -out tsa.key
            \(fake)openssl req -x509 -new -key ca.key -subj '/CN=Test CA' -days 3650 -out ca.pem
            openssl req -new -key tsa.key -subj '/CN=Test TSA' -out tsa.csr
            \(fake)openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                -days \(days) -extfile ext -out tsa.pem
            openssl ca -config tsa.cnf -gencrl -keyfile ca.key -cert ca.pem -out list.pem
            openssl crl -in list.pem -outform DER -out list.crl
            """)
    }

    /// PEM, as somebody would pin it.
    package var certificate: [UInt8] { folder.bytes("ca.pem") }
    package var certificatePath: String { "\(folder.path)/ca.pem" }
    package var revocationList: [UInt8] { folder.bytes("list.crl") }

    /// Answers as the authority does, at another time where one is given.
    package func reply(to query: [UInt8], at time: String? = nil) throws -> [UInt8] {
        let name = UUID().uuidString
        folder.write("\(name).tsq", query)
        defer { for suffix in ["tsq", "tsr"] { folder.remove("\(name).\(suffix)") } }
        let fake = time.map { "faketime '\($0)' " } ?? ""
        _ = try turns.withLock { _ in
            try sh(
                "\(fake)openssl ts -reply -config tsa.cnf -queryfile \(name).tsq -out \(name).tsr")
        }
        return folder.bytes("\(name).tsr")
    }

    /// On the loopback.
    package func serve(port: Int = 0, at time: String? = nil) throws -> LoopbackService {
        try LoopbackService(port: port) { [self] request in
            if request.path == "/list.crl" {
                return .init(revocationList, mime: "application/pkix-crl")
            }
            do {
                return .init(try reply(to: request.body, at: time), mime: Self.mime)
            } catch {
                return .init(Array("\(error)".utf8), status: 500)
            }
        }
    }

    /// What openssl says of files in its folder; throws with its words when it is not content.
    @discardableResult
    package func sh(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        // Through a file: a full pipe would stop it, and other children would keep it open.
        let name = "said-\(UUID().uuidString)"
        folder.write(name, [])
        defer { folder.remove(name) }
        let handle = try FileHandle(
            forWritingTo: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let said = String(decoding: folder.bytes(name), as: UTF8.self)
        guard process.terminationStatus == 0 else { throw ChildFailure("\(script): \(said)") }
        return said
    }
}
