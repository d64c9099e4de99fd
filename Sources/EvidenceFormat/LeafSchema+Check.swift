internal import Base

extension LeafSchema {
    /// Throws `.invalid` naming the first field that breaks the schema.
    func check(_ body: JSONObject) throws(Failure) {
        do throws(Failure) {
            try all.check(body)
            guard body["kind"]?.string == kind.rawValue else {
                throw Failure(.invalid, "its kind says otherwise")
            }
        } catch {
            throw Failure(error.kind, "\(kind.rawValue) leaf: \(error.words)")
        }
    }
}

extension LeafFields {
    /// Both sides are sorted by name, so one walk pairs them. Words are made only when it fails.
    func check(_ object: JSONObject) throws(Failure) {
        var next = 0
        for member in object.members {
            // Equal is asked first: it takes no time for texts as short as these.
            while next < sorted.count, sorted[next].name != member.key,
                sorted[next].name < member.key
            {
                try requireOptional(sorted[next])
                next += 1
            }
            guard next < sorted.count, sorted[next].name == member.key else {
                throw Failure(.invalid, "the field \(member.key) is unknown; remove it")
            }
            try sorted[next].type.check(member.value, sorted[next].name)
            next += 1
        }
        for field in sorted[next...] { try requireOptional(field) }
        for rule in rules { try rule.check(object) }
    }

    private func requireOptional(_ field: LeafField) throws(Failure) {
        guard field.required else { return }
        throw Failure(.invalid, "the field \(field.name) is missing; add it")
    }
}

extension LeafType {
    func check(_ value: JSON, _ name: String) throws(Failure) {
        switch (self, value) {
        case (.list(let type, let counts), .array(let items)):
            guard counts.contains(items.count) else { break }
            for item in items { try type.check(item, name) }
            return
        case (.object(let fields), .object(let object)):
            do throws(Failure) {
                return try fields.check(object)
            } catch {
                throw Failure(error.kind, "in \(name): \(error.words)")
            }
        case (.linkKind, .string(let text)), (.linkValue, .string(let text)),
            (.verifierKey, .string(let text)):
            do throws(Failure) {
                return try checkWords(text)
            } catch {
                throw Failure(error.kind, "in \(name): \(error.words)")
            }
        case (_, .string(let text)): if allows(text) { return }
        case (.int(let range), .int(let number)): if range.contains(number) { return }
        case (.bool, .bool), (.yes, .bool(true)): return
        case (.texts(let max), .object(let object)):
            if object.members.count <= max, object.members.allSatisfy(Self.isSetting) { return }
        case (.anything, .object): if value.depth < JSON.depthMax { return }
        default: break
        }
        throw Failure(.invalid, "the field \(name) should be \(phrase)")
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
        case .text(let counts): counts.contains(text.utf8.count) && !Self.hasControl(text)
        case .words(let max):
            (1...max).contains(text.utf8.count)
                && !text.utf8.contains { ($0 < 0x20 && $0 != 0x0A && $0 != 0x09) || $0 == 0x7F }
        case .id: RecordID(text) != nil
        case .time: WallTime(text) != nil
        case .digest: Digest(hex: text) != nil
        case .oneOf(let texts): texts.contains { $0.hasSameBytes(as: text) }
        case .int, .bool, .yes, .verifierKey, .linkKind, .linkValue, .list, .object, .texts,
            .anything:
            false
        }
    }

    private static func hasControl(_ text: String) -> Bool {
        let bytes = text.utf8Span.span
        for i in bytes.indices where bytes[i] < 0x20 || bytes[i] == 0x7F { return true }
        return false
    }

    private static func isSetting(_ member: JSONObject.Member) -> Bool {
        guard let text = member.value.string else { return false }
        return member.key.utf8.count <= 32 && LeafType.text(200).allows(text)
    }
}

extension LeafRule {
    func check(_ object: JSONObject) throws(Failure) {
        guard !holds(for: object) else { return }
        throw Failure(.invalid, phrase)
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
