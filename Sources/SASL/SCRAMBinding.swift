/// How a log-in is tied to the connection under it (RFC 5802 §6, RFC 9266).
package enum SCRAMBinding: Hashable, Sendable {
    /// The connection has nothing to tie to, or this client cannot.
    case none
    /// This client could, and believes that the server cannot. A server that can knows from it that
    /// somebody in between hid the better way.
    case unoffered
    /// `tls-exporter`: bytes that only the two ends of one TLS session share.
    case exporter([UInt8])

    /// RFC 5801's header in front of the client's first message.
    var header: String {
        switch self {
        case .none: "n,,"
        case .unoffered: "y,,"
        case .exporter: "p=tls-exporter,,"
        }
    }

    /// What the client proves to have seen.
    var proven: [UInt8] {
        switch self {
        case .none, .unoffered: Array(header.utf8)
        case .exporter(let bytes): Array(header.utf8) + bytes
        }
    }
}

package enum SCRAMMechanism: String, Sendable, CaseIterable {
    case sha256 = "SCRAM-SHA-256"
    case sha256Plus = "SCRAM-SHA-256-PLUS"
}
