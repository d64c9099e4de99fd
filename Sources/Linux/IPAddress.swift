internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address, without a port. The bytes are in network order.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen.
    package let bytes: [UInt8]
    /// Of a link-local IPv6 address: the number of its interface; else 0.
    package let scope: UInt32

    package init?(bytes: [UInt8], scope: UInt32 = 0) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
        self.scope = scope
    }

    /// As people write it, in numbers; without brackets.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: four) { unsafe Array($0) })
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: six) { unsafe Array($0) })
        } else {
            return nil
        }
    }

    package var isV4: Bool { bytes.count == 4 }

    package var isLoopback: Bool {
        isV4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// RFC 5952 for IPv6, as the system writes it.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard
            unsafe inet_ntop(
                isV4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(INET6_ADDRSTRLEN)) != nil
        else { return "?" }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the first `bits` bits are the same.
    package func shares(_ bits: Int, with other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count, bits <= bytes.count * 8 else { return false }
        for i in 0..<bytes.count {
            let left = min(8, bits - i * 8)
            if left <= 0 { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> left)
            if (bytes[i] ^ other.bytes[i]) & mask != 0 { return false }
        }
        return true
    }

    init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address = unsafe address else { return nil }
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            let raw = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self)
            let value = unsafe withUnsafeBytes(of: raw.sin_addr) { unsafe Array($0) }
            self.init(bytes: value)
        case AF_INET6:
            let raw = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self)
            let value = unsafe withUnsafeBytes(of: raw.sin6_addr) { unsafe Array($0) }
            self.init(bytes: value, scope: raw.sin6_scope_id)
        default: return nil
        }
    }

    /// Calls `body` with the address as the system's calls take it.
    func withSocketAddress<Value>(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        if isV4 {
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &raw.sin_addr) { unsafe $0.copyBytes(from: bytes) }
            return unsafe withUnsafePointer(to: raw) { raw in
                unsafe raw.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    unsafe body(raw, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var raw = sockaddr_in6()
        raw.sin6_family = sa_family_t(AF_INET6)
        raw.sin6_port = port.bigEndian
        raw.sin6_scope_id = scope
        unsafe withUnsafeMutableBytes(of: &raw.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: raw) { raw in
            unsafe raw.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe body(raw, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
