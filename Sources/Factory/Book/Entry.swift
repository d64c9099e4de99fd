package import Base
package import EvidenceFormat

/// One object that somebody wrote, in a request or in the file of the book: read name by name, and
/// refused as a whole when a name is unknown or a value is of another shape.
package struct Entry {
    private let object: JSONObject
    private let what: String

    /// - what: such as `a control point`.
    package init(_ json: JSON, _ what: String, names: [String]) throws(Failure) {
        guard let object = json.object else {
            throw Failure(.invalid, "\(what) is written as one JSON object")
        }
        for member in object.members where !names.contains(member.key) {
            throw Failure(
                .invalid,
                "\(what) has no \(member.key); there are: \(names.joined(separator: ", "))")
        }
        self.object = object
        self.what = what
    }

    package var isEmpty: Bool { object.members.isEmpty }
    package func has(_ name: String) -> Bool { object[name] != nil }

    /// One line of text; nil when it is absent.
    package func text(_ name: String, max: Int = Limits.textBytesMax) throws(Failure) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw wrong(name, "a text") }
        try Limits.check(text: text, "\(name) of \(what)", max: max, mayBeEmpty: true)
        return text
    }

    package func required(_ name: String) throws(Failure) -> String {
        guard let text = try text(name), !text.isEmpty else {
            throw Failure(.invalid, "\(what) lacks \(name)")
        }
        return text
    }

    package func texts(
        _ name: String, countMax: Int, max: Int = Limits.textBytesMax
    ) throws(Failure) -> [String]? {
        guard let value = object[name] else { return nil }
        guard let items = value.array, items.count <= countMax else {
            throw wrong(name, "a list of at most \(countMax) texts")
        }
        var texts: [String] = []
        for item in items {
            guard let text = item.string else { throw wrong(name, "a list of texts") }
            try Limits.check(text: text, "\(name) of \(what)", max: max)
            texts.append(text)
        }
        return texts
    }

    package func items(_ name: String, countMax: Int) throws(Failure) -> [JSON] {
        guard let value = object[name] else { return [] }
        guard let items = value.array, items.count <= countMax else {
            throw wrong(name, "a list of at most \(countMax)")
        }
        return items
    }

    package func bool(_ name: String) throws(Failure) -> Bool? {
        guard let value = object[name] else { return nil }
        guard let bool = value.bool else { throw wrong(name, "true or false") }
        return bool
    }

    package func number(
        _ name: String, in range: ClosedRange<Int64>
    ) throws(Failure) -> Int64? {
        guard let value = object[name] else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func wrong(_ name: String, _ shape: String) -> Failure {
        Failure(.invalid, "\(name) of \(what) should be \(shape)")
    }
}

/// What ids and texts of the factory's objects may be.
package enum Limits {
    package static let textBytesMax = 128
    package static let idBytesMax = 48

    package static func check(id: String, _ what: String) throws(Failure) {
        let letters = id.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        guard letters, (1...idBytesMax).contains(id.utf8.count), !id.hasPrefix("-") else {
            throw Failure(
                .invalid,
                "\(what)'s id is 1 to \(idBytesMax) of a-z, 0-9 and -, such as weld-seam; its name"
                    + " may be any text")
        }
    }

    package static func check(
        text: String, _ what: String, max: Int = textBytesMax, mayBeEmpty: Bool = false
    ) throws(Failure) {
        guard (mayBeEmpty ? 0...max : 1...max).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw Failure(.invalid, "\(what) is one line of text with at most \(max) bytes")
        }
    }

    /// Ids of cameras, each once; that they exist is for whoever has the cameras to say.
    package static func check(cameras: [String], of what: String) throws(Failure) {
        guard !cameras.isEmpty else { throw Failure(.invalid, "\(what) wants a camera at least") }
        guard Set(cameras).count == cameras.count else {
            throw Failure(.invalid, "\(what) names a camera twice; name each once")
        }
    }
}
