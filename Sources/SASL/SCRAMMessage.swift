internal import Base

/// One message of SCRAM cut into its attributes: `r=abc,s=…`. ASCII, but for the user's name.
struct SCRAMMessage {
    static let bytesMax = 2048
    static let nonceBytesMax = 256

    /// In the order of the message.
    let attributes: [(name: Character, value: Substring)]
    let text: String

    init(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.bytesMax else {
            throw Failure(
                .invalid, "a log-in message has at most \(Self.bytesMax) bytes; send less")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalid, "a log-in message must be UTF-8")
        }
        try self.init(text)
    }

    init(_ text: String) throws(Failure) {
        self.text = text
        var attributes: [(name: Character, value: Substring)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let name = part.utf8.first, part.utf8.dropFirst().first == 0x3D,
                (0x41...0x5A).contains(name) || (0x61...0x7A).contains(name)
            else { throw Self.malformed("has something that is no attribute like r=…") }
            attributes.append((Character(Unicode.Scalar(name)), part.dropFirst(2)))
        }
        self.attributes = attributes
    }

    /// The attribute at this place, which must have this name.
    func value(_ name: Character, at place: Int) throws(Failure) -> String {
        guard place < attributes.count, attributes[place].name == name else {
            throw Self.malformed("should have \(name)= as attribute \(place + 1)")
        }
        return String(attributes[place].value)
    }

    func bytes(_ name: Character, at place: Int) throws(Failure) -> [UInt8] {
        guard let bytes = [UInt8](base64: try value(name, at: place)) else {
            throw Self.malformed("has an attribute \(name)= that is not base64")
        }
        return bytes
    }

    /// Printable ASCII without commas.
    func nonce(at place: Int) throws(Failure) -> String {
        let nonce = try value("r", at: place)
        guard (1...Self.nonceBytesMax).contains(nonce.utf8.count),
            nonce.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Self.malformed("has a nonce that is empty, too long or not printable") }
        return nonce
    }

    static func malformed(_ words: String) -> Failure {
        Failure(.invalid, "this log-in message \(words); RFC 5802 says how it is written")
    }
}

/// A user's name between commas and equals signs.
enum SCRAMName {
    static func encode(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case ",": text += "=2C"
            case "=": text += "=3D"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func decode(_ text: String) throws(Failure) -> String {
        var name: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x3D else {
                name.append(byte)
                continue
            }
            switch Array(rest.prefix(2)) {
            case [0x32, 0x43]: name.append(0x2C)
            case [0x33, 0x44]: name.append(0x3D)
            default: throw SCRAMMessage.malformed("has a name with = that is neither =2C nor =3D")
            }
            rest = rest.dropFirst(2)
        }
        return String(decoding: name, as: UTF8.self)
    }
}
