import Base
import TLS
import TestSupport

/// A certificate and its key in files.
struct SelfSignedFiles {
    let certificate: String
    let key: String
    let keyHash: Digest

    init(_ scratch: Scratch, _ name: String) throws {
        let pair = try SelfSigned.make(names: [name], years: 1)
        scratch.write("\(name).pem", pair.certificate)
        scratch.write("\(name).key", pair.key)
        certificate = "\(scratch.path)/\(name).pem"
        key = "\(scratch.path)/\(name).key"
        keyHash = pair.keyHash
    }
}
