package import Base
package import EvidenceFormat
package import TimeStamp

/// Who is asked to vouch for checkpoints: a time-stamping authority or a witness.
package struct AnchorSource: Hashable, Sendable {
    package static let nameBytesMax = 32
    package static let urlBytesMax = 1000
    package static let intervalSeconds: ClosedRange<Int64> = 10...31_536_000
    package static let stampSeconds: Int64 = 3600
    package static let witnessSeconds: Int64 = 60
    /// In place of an address: nobody is asked, a person carries checkpoints there and back.
    package static let carriedURL = "stick"
    package static let carriedSeconds: Int64 = 604_800

    package enum Way: Hashable, Sendable {
        /// RFC 3161; `policy` nil: whatever the authority has.
        case stamp(authority: Certificates, policy: String?)
        /// C2SP tlog-witness.
        case witness(CosignerKey)
    }

    /// Also part of its files' names.
    package let name: String
    package let url: String
    package let way: Way
    package let interval: Int64
    package let added: WallTime

    package init(
        name: String, url: String, way: Way, interval: Int64?, added: WallTime
    ) throws(Failure) {
        guard Self.isName(name) else {
            throw Failure(
                .invalid,
                "\"\(name)\" is no name for an anchor; use 1 to \(Self.nameBytesMax) of a-z, 0-9"
                    + " and -, such as qa-witness")
        }
        let isCarried = way.isWitness && url == Self.carriedURL
        guard isCarried || Self.isAddress(url) else {
            throw Failure(
                .invalid,
                "\"\(url)\" is no address to ask; give http://… or https://…, without a password"
                    + (way.isWitness ? ", or \(Self.carriedURL) where there is no network" : ""))
        }
        let asked = interval ?? (isCarried ? Self.carriedSeconds : way.intervalSeconds)
        guard Self.intervalSeconds.contains(asked) else {
            throw Failure(.invalid, "an interval is 10 seconds to a year")
        }
        if case .stamp(_, let policy?) = way, !TimeStampRequest.isPolicy(policy) {
            throw Failure(
                .invalid, "\"\(policy)\" is no policy; one is dotted numbers, such as 1.2.3.4.1")
        }
        self.name = name
        self.url = url
        self.way = way
        self.interval = asked
        self.added = added
    }

    package static func isName(_ text: String) -> Bool {
        (1...nameBytesMax).contains(text.utf8.count) && text.utf8.first != 0x2D
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
    }

    private static func isAddress(_ url: String) -> Bool {
        url.utf8.count <= urlBytesMax && (url.hasPrefix("http://") || url.hasPrefix("https://"))
            && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !url.contains("@")
    }

    /// Its word comes on a stick.
    package var isCarried: Bool { url == Self.carriedURL }

    package var type: AnchorType {
        switch way {
        case .stamp: .stamp
        case .witness: .witness
        }
    }
}

extension AnchorSource.Way {
    /// With the authority's certificates as text.
    package static func stamp(pem: [UInt8], policy: String?) throws(Failure) -> AnchorSource.Way {
        .stamp(authority: try Certificates(pem: pem), policy: policy)
    }

    fileprivate var isWitness: Bool {
        if case .witness = self { true } else { false }
    }

    fileprivate var intervalSeconds: Int64 {
        switch self {
        case .stamp: AnchorSource.stampSeconds
        case .witness: AnchorSource.witnessSeconds
        }
    }
}

/// As it stands in leaves.
package enum AnchorType: String, Sendable {
    case stamp = "rfc3161"
    case witness

    /// Of the file whose hash the leaf has.
    var suffix: String { self == .stamp ? "tsr" : "note" }
}

// MARK: The file

extension AnchorSource {
    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("name", .string(name)), ("type", .string(type.rawValue)), ("url", .string(url)),
            ("interval_s", .int(interval)), ("added", .string(added.description)),
        ]
        switch way {
        case .stamp(let authority, let policy):
            fields.append(("ca", .string(String(decoding: authority.pem, as: UTF8.self))))
            if let policy { fields.append(("policy", .string(policy))) }
        case .witness(let key): fields.append(("vkey", .string(key.text)))
        }
        return .object(JSONObject(fields))
    }

    package init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let name = object["name"]?.string,
            let url = object["url"]?.string, let interval = object["interval_s"]?.int,
            let added = object["added"]?.string.flatMap({ WallTime($0) })
        else { throw Failure(.corrupt, "an anchor lacks its name, address, interval or time") }
        let way: Way
        switch object["type"]?.string {
        case AnchorType.stamp.rawValue:
            let pem = try Certificates(pem: Array((object["ca"]?.string ?? "").utf8))
            way = .stamp(authority: pem, policy: object["policy"]?.string)
        case AnchorType.witness.rawValue:
            way = .witness(try CosignerKey(object["vkey"]?.string ?? ""))
        default:
            throw Failure(.unsupported, "the anchor \(name) is of a kind that is not known here")
        }
        try self.init(name: name, url: url, way: way, interval: interval, added: added)
    }
}
