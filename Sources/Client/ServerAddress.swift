package import Base
internal import Linux

/// Where a server is: a socket of this machine, or a host and port.
package enum ServerAddress: Hashable, Sendable, CustomStringConvertible {
    case path(String)
    case host(String, port: UInt16)

    package static let portDefault: UInt16 = 7447

    /// `HOST`, `HOST:PORT`, `[::1]:PORT`, or a path with a `/` in it.
    package init(_ text: String) throws(Failure) {
        if text.contains("/") {
            self = .path(text)
            return
        }
        var host = text
        var port: UInt16? = Self.portDefault
        let isBareV6 = IPAddress(text)?.isV4 == false
        if !isBareV6, let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            host = String(text[..<colon])
            port = UInt16(text[text.index(after: colon)...])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard let port, port > 0, !host.isEmpty, host.utf8.count <= 253, isName else {
            throw Failure(
                .invalid,
                "\"\(text)\" is no server; write HOST:PORT, such as reel.plant7.example:7447, or"
                    + " the path of a wire.sock")
        }
        self = .host(host, port: port)
    }

    package var description: String {
        switch self {
        case .path(let path): path
        case .host(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
