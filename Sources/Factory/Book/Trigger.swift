package import Base
package import EvidenceFormat

/// At a work centre: this device does this when that key comes. Which of several it is, their order
/// says.
package struct Trigger: Hashable, Sendable {
    package static let countMax = 64
    package static let camerasMax = ControlPoint.camerasMax
    package static let keyBytesMax = 64
    package static let names = ["action", "cameras", "key"]
    /// What a scanned code counts as, where no trigger has the code itself.
    package static let scanKey = "SCAN"

    /// `t1`; stays the same when the order changes.
    package let id: String
    package private(set) var cameras: [String]
    /// `F9`; nil for one that no key is needed for.
    package private(set) var key: String?

    package init(id: String, _ entry: Entry) throws(Failure) {
        guard id.utf8.first == 0x74, let number = Int(id.dropFirst()), number > 0 else {
            throw Failure(.invalid, "a trigger's id looks like t1, not \(id)")
        }
        self.id = id
        let action = try entry.text("action")
        guard action == nil || action == "picture" else {
            throw Failure(.invalid, "a trigger's action is picture; there is no other yet")
        }
        cameras = try entry.texts("cameras", countMax: Self.camerasMax) ?? []
        try Limits.check(cameras: cameras, of: "the trigger \(id)")
        key = try entry.text("key", max: Self.keyBytesMax).flatMap { $0.isEmpty ? nil : $0 }
        key = key.map(Self.plain)
    }

    /// Keys are the same in small letters.
    static func plain(_ key: String) -> String {
        String(
            decoding: key.utf8.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    /// A key wants a trigger that has it; no key at all, any trigger.
    func answers(to key: String?) -> Bool {
        guard let key else { return true }
        guard let own = self.key else { return false }
        return own.utf8.elementsEqual(Self.plain(key).utf8)
    }

    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("action", .string("picture")),
            ("cameras", .array(cameras.map { .string($0) })),
        ]
        if let key { fields.append(("key", .string(key))) }
        return .object(JSONObject(fields))
    }

    /// Of the book's file.
    init(_ json: JSON) throws(Failure) {
        let entry = try Entry(json, "a trigger", names: Self.names + ["id"])
        try self.init(id: entry.required("id"), entry)
    }
}
