internal import Base

extension LeafSchema {
    /// Throws `.invalid` naming the first field that breaks the schema.
    func check(_ body: JSONObject) throws(Failure) {
        let place = "\(kind.rawValue) leaf"
        try Self.check(body, Self.common, fields, rules, place)
        guard body["kind"]?.string == kind.rawValue else {
            throw Failure(.invalid, "\(place): its kind says otherwise")
        }
    }

    private static func check(
        _ object: JSONObject, _ first: [LeafField], _ second: [LeafField], _ rules: [LeafRule],
        _ place: String
    ) throws(Failure) {
        var required = 0
        for member in object.members {
            guard
                let field = first.first(where: { $0.name == member.key })
                    ?? second.first(where: { $0.name == member.key })
            else {
                throw Failure(.invalid, "\(place): the field \(member.key) is unknown; remove it")
            }
            if field.required { required += 1 }
            try field.type.check(member.value, place, field.name)
        }
        let needed = first.count(where: \.required) + second.count(where: \.required)
        if required < needed {
            let missing = (first + second).first { $0.required && object[$0.name] == nil }
            throw Failure(.invalid, "\(place): the field \(missing?.name ?? "") is missing; add it")
        }
        for rule in rules { try rule.check(object, place) }
    }

    fileprivate static func check(
        _ object: JSONObject, _ fields: [LeafField], _ rules: [LeafRule], _ place: String
    ) throws(Failure) {
        try check(object, fields, [], rules, place)
    }
}

extension LeafType {
    func check(_ value: JSON, _ place: String, _ name: String) throws(Failure) {
        switch (self, value) {
        case (.list(let type, let counts), .array(let items)):
            guard counts.contains(items.count) else { break }
            for (i, item) in items.enumerated() { try type.check(item, place, "\(name)[\(i)]") }
            return
        case (.object(let fields, let rules), .object(let object)):
            return try LeafSchema.check(object, fields, rules, "\(place), \(name)")
        case (.linkKind, .string(let text)), (.linkValue, .string(let text)),
            (.verifierKey, .string(let text)):
            do throws(Failure) {
                return try checkWords(text)
            } catch {
                throw Failure(error.kind, "\(place), \(name): \(error.words)")
            }
        case (_, .string(let text)): if allows(text) { return }
        case (.int(let range), .int(let number)): if range.contains(number) { return }
        case (.bool, .bool), (.yes, .bool(true)): return
        case (.texts(let max), .object(let object)):
            if object.members.count <= max, object.members.allSatisfy(Self.isSetting) { return }
        case (.anything, .object): if value.depth < JSON.depthMax { return }
        default: break
        }
        throw Failure(.invalid, "\(place): the field \(name) should be \(phrase)")
    }

    /// Types that explain themselves better than a phrase does.
    private func checkWords(_ text: String) throws(Failure) {
        switch self {
        case .linkKind: try Link.check(kind: text)
        case .linkValue: try Link.check(value: text)
        default: _ = try VerifierKey(text)
        }
    }

    private func allows(_ text: String) -> Bool {
        switch self {
        case .text(let counts):
            counts.contains(text.utf8.count) && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
        case .words(let max):
            (1...max).contains(text.utf8.count)
                && !text.utf8.contains { ($0 < 0x20 && $0 != 0x0A && $0 != 0x09) || $0 == 0x7F }
        case .id: RecordID(text) != nil
        case .time: WallTime(text) != nil
        case .digest: Digest(hex: text) != nil
        case .oneOf(let texts): texts.contains { $0.utf8.elementsEqual(text.utf8) }
        case .int, .bool, .yes, .verifierKey, .linkKind, .linkValue, .list, .object, .texts,
            .anything:
            false
        }
    }

    private static func isSetting(_ member: JSONObject.Member) -> Bool {
        guard let text = member.value.string else { return false }
        return member.key.utf8.count <= 32 && LeafType.text(200).allows(text)
    }
}

extension LeafRule {
    func check(_ object: JSONObject, _ place: String) throws(Failure) {
        guard !holds(for: object) else { return }
        throw Failure(.invalid, "\(place): \(phrase)")
    }

    private func holds(for object: JSONObject) -> Bool {
        switch self {
        case .exactlyOne(let names): names.count { object[$0] != nil } == 1
        case .together(let a, let b): (object[a] == nil) == (object[b] == nil)
        case .needs(let a, let b): object[a] == nil || object[b] != nil
        case .onlyWhen(let name, let other, let value):
            (object[name] != nil) == (object[other]?.string == value)
        case .ordered(let a, let b): Self.isOrdered(object[a], object[b])
        case .distinct(let name):
            object[name]?.array.map { Set($0).count == $0.count } ?? true
        case .twoWhenEarly(let list, let number):
            object[number]?.int != -1 || object[list]?.array?.count == 2
        }
    }

    private static func isOrdered(_ a: JSON?, _ b: JSON?) -> Bool {
        switch (a, b) {
        case (.int(let a), .int(let b)): a <= b
        // RFC 3339 in one form sorts as text.
        case (.string(let a), .string(let b)): a <= b
        default: true
        }
    }
}
