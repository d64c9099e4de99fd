/// Takes apart what follows `//`. A password may contain any character as long as the text has one
/// reading:
///
/// 1. What stands before the first `/`, `?` or `#` is a host and has no `@`: no credentials.
/// 2. Otherwise the last `@` before the first `/` ends them, if a host follows.
/// 3. Otherwise the password has a `/`, and the first `@` that a host follows ends them.
/// 4. But if 2 or 3 lead to a mere word and a later `@` to an IP address, that address is the host.
struct URLParts {
    let user: String?
    let password: String?
    let host: String
    let port: Int?
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        let plain = Place(bytes)
        let at = plain == nil ? Self.endOfCredentials(bytes) : nil
        guard let place = plain ?? at.flatMap({ Place(bytes[($0 + 1)...]) }) else { return nil }
        host = place.host
        port = place.port
        rest = place.rest
        guard let at else {
            user = nil
            password = nil
            return
        }
        let typed = bytes[..<at]
        // Only a text that could not stand in a URL otherwise is certainly not percent-encoded.
        let isEncoded = Percent.isWellFormed(typed)
        let colon = typed.firstIndex(of: 0x3A)
        let name = typed[..<(colon ?? at)]
        user = isEncoded ? Percent.decoded(name) : CameraURL.text(name)
        password = colon.map {
            let secret = typed[($0 + 1)...]
            return isEncoded ? Percent.decoded(secret) : CameraURL.text(secret)
        }
    }

    private static func endOfCredentials(_ bytes: ArraySlice<UInt8>) -> Int? {
        let slash = bytes.firstIndex(of: 0x2F) ?? bytes.endIndex
        var ends: [(at: Int, place: Place)] = []
        for at in bytes.indices where bytes[at] == 0x40 {
            if let place = Place(bytes[(at + 1)...]) { ends.append((at, place)) }
        }
        guard let likely = ends.last(where: { $0.at < slash }) ?? ends.first else { return nil }
        if !likely.place.isWord { return likely.at }
        return ends.first { $0.at > likely.at && $0.place.isAddress }?.at ?? likely.at
    }

    /// Host, port and what follows.
    private struct Place {
        let host: String
        let port: Int?
        let rest: ArraySlice<UInt8>

        init?(_ bytes: ArraySlice<UInt8>) {
            let end = bytes.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? bytes.endIndex
            var name = bytes[..<end]
            rest = bytes[end...]
            var digits: ArraySlice<UInt8>?
            if name.first == 0x5B {
                guard let close = name.firstIndex(of: 0x5D) else { return nil }
                let after = name[(close + 1)...]
                guard after.isEmpty || after.first == 0x3A else { return nil }
                digits = after.isEmpty ? nil : after.dropFirst()
                name = name[(name.startIndex + 1)..<close]
                guard name.contains(0x3A), name.allSatisfy(Self.isInAddress) else { return nil }
            } else {
                if let colon = name.firstIndex(of: 0x3A) {
                    digits = name[(colon + 1)...]
                    name = name[..<colon]
                }
                guard !name.isEmpty, name.allSatisfy(Self.isInName) else { return nil }
            }
            if let digits {
                guard digits.count <= 5, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
                    let number = Int(CameraURL.text(digits)), 1...65535 ~= number
                else { return nil }
                port = number
            } else {
                port = nil
            }
            host = CameraURL.text(name)
        }

        /// Could be anything, such as a piece of a password.
        var isWord: Bool { port == nil && !host.contains { $0 == "." || $0 == ":" } }

        /// IPv4 or IPv6.
        var isAddress: Bool {
            let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
            return host.contains(":")
                || numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
        }

        private static func isInName(_ c: UInt8) -> Bool {
            Percent.isAlphanumeric(c) || c == 0x2D || c == 0x2E || c == 0x5F
        }

        /// IPv6, with a zone such as `%eth0`.
        private static func isInAddress(_ c: UInt8) -> Bool {
            isInName(c) || c == 0x3A || c == 0x25
        }
    }
}

/// Percent-encoding (RFC 3986).
enum Percent {
    static func isAlphanumeric(_ c: UInt8) -> Bool {
        0x30...0x39 ~= c || 0x41...0x5A ~= c || 0x61...0x7A ~= c
    }

    static func unreserved(_ c: UInt8) -> Bool {
        isAlphanumeric(c) || c == 0x2D || c == 0x2E || c == 0x5F || c == 0x7E
    }

    /// What people typed there goes to the camera as it is, but never a space or a raw byte.
    static func path(_ c: UInt8) -> Bool { 0x21...0x7E ~= c }

    static func encoded(_ text: String, keeping keeps: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for c in text.utf8 {
            if keeps(c) {
                bytes.append(c)
            } else {
                bytes += [0x25, digits[Int(c >> 4)], digits[Int(c & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ c: UInt8) -> UInt8? {
        switch c {
        case 0x30...0x39: c - 0x30
        case 0x41...0x46: c - 0x41 + 10
        case 0x61...0x66: c - 0x61 + 10
        default: nil
        }
    }

    /// Whether it may be an encoded text: every `%` has two digits, and nothing is raw that would
    /// have been encoded.
    static func isWellFormed(_ bytes: ArraySlice<UInt8>) -> Bool {
        let raw = Array("@/?#[]".utf8)
        for (i, c) in bytes.enumerated() {
            if raw.contains(c) || c == 0x20 { return false }
            guard c == 0x25 else { continue }
            let two = bytes.dropFirst(i + 1).prefix(2)
            guard two.count == 2, two.allSatisfy({ digit($0) != nil }) else { return false }
        }
        return true
    }

    static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = []
        var rest = bytes
        while let c = rest.popFirst() {
            if c == 0x25, let high = rest.first.flatMap(digit),
                let low = rest.dropFirst().first.flatMap(digit)
            {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(c)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
