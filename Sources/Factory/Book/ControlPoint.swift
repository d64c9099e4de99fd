package import Base
internal import Evidence
package import EvidenceFormat

/// A rule that asks for checks: at this operation of this product, these cameras give a picture.
package struct ControlPoint: Hashable, Sendable {
    package static let countMax = 4096
    /// Cameras that one shot can have.
    package static let camerasMax = CheckDemand.camerasMax
    /// A picture that was taken so long before its check may still be its own.
    package static let windowDefault: Int64 = 1800
    package static let windowMax: Int64 = 7 * 86_400

    package static let names = [
        "cameras", "centre", "late_s", "mandatory", "name", "operation", "product", "take",
    ]

    package enum Take: String, CaseIterable, Sendable {
        /// Somebody, or something, takes the picture once the check is open.
        case asked
        /// The picture is that of the instant in which the check was reached.
        case reached
    }

    package let id: String
    package var name: String
    package var cameras: [String] = []
    /// Value of the product's link, as the ERP writes it.
    package var product: String?
    package var operation: String?
    /// Id of a work centre.
    package var centre: String?
    /// Whether its checks cannot be passed without the pictures.
    package var isMandatory = true
    package var take = Take.asked
    package var lateSeconds = windowDefault

    package init(id: String) throws(Failure) {
        try Limits.check(id: id, "a control point")
        self.id = id
        name = id
    }

    /// What is absent stays as it is; an empty text takes it away.
    package mutating func change(_ entry: Entry) throws(Failure) {
        if let text = try entry.text("name") {
            try Limits.check(text: text, "a control point's name")
            name = text
        }
        if let cameras = try entry.texts("cameras", countMax: Self.camerasMax) {
            self.cameras = cameras
        }
        try Limits.check(cameras: cameras, of: "the control point \(id)")
        if let text = try entry.text("product", max: Link.valueBytesMax) {
            product = text.isEmpty ? nil : text
            // Found out here, and not when production stands still.
            if let product { _ = try Link(kind: "product", value: product) }
        }
        if let text = try entry.text("operation") { operation = text.isEmpty ? nil : text }
        if let text = try entry.text("centre") { centre = text.isEmpty ? nil : text }
        if let bool = try entry.bool("mandatory") { isMandatory = bool }
        if let seconds = try entry.number("late_s", in: 0...Self.windowMax) {
            lateSeconds = seconds
        }
        if let text = try entry.text("take") {
            guard let take = Take(rawValue: text) else {
                throw Failure(.invalid, "take of a control point should be asked or reached")
            }
            self.take = take
        }
    }

    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("name", .string(name)), ("type", .string("picture")),
            ("cameras", .array(cameras.map { .string($0) })), ("mandatory", .bool(isMandatory)),
            ("take", .string(take.rawValue)), ("late_s", .int(lateSeconds)),
        ]
        if let product { fields.append(("product", .string(product))) }
        if let operation { fields.append(("operation", .string(operation))) }
        if let centre { fields.append(("centre", .string(centre))) }
        return .object(JSONObject(fields))
    }

    /// Of the book's file.
    init(_ json: JSON) throws(Failure) {
        let entry = try Entry(json, "a control point", names: Self.names + ["id", "type"])
        try self.init(id: entry.required("id"))
        guard try entry.text("type") == "picture" else {
            throw Failure(.unsupported, "the control point \(id) has a type of a newer version")
        }
        try change(entry)
    }
}
