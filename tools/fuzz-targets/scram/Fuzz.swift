import Base
import SASL

private let exporter = [UInt8](repeating: 7, count: 32)

/// Two messages of a client, with a zero between them: nobody is let in by a secret that nobody
/// has, and a first message that is taken gets a challenge that a client understands.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    for (mechanism, exporter) in [
        (SCRAMMechanism.sha256, nil), (.sha256, exporter), (.sha256Plus, exporter),
    ] {
        guard var server = try? SCRAMServer(mechanism, exporter: exporter) else { return 0 }
        let challenge = try? server.challenge(Array(parts[0])) {
            .pretended(for: $0, key: [1, 2, 3])
        }
        if let challenge { precondition(challenge.starts(with: Array("r=".utf8))) }
        if parts.count > 1 { _ = try? server.finish(Array(parts[1])) }
        precondition(!server.isProven)
    }
    return 0
}
