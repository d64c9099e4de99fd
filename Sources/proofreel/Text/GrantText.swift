internal import Access
internal import Base
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension OptionSpec {
    static let grant = [
        list("role", "ROLE", Role.grantable.map(\.rawValue).joined(separator: ", ")),
        list("camera", "ID", "only this camera; else all"),
        value("until", "TIME", "when the rights end"),
        value("days", "N", "or after how many days"),
    ]
}

/// Roles, cameras and their end between command lines and tables.
enum GrantText {
    static func new(_ arguments: Arguments) throws -> Grant {
        guard !arguments.all("role").isEmpty else {
            throw UsageError(
                "--role is missing; there are: "
                    + Role.grantable.map(\.rawValue).joined(separator: ", "))
        }
        return try changed(Grant(roles: []), arguments)
    }

    /// What is not given stays as it is.
    static func changed(_ grant: Grant, _ arguments: Arguments) throws -> Grant {
        var grant = grant
        if !arguments.all("role").isEmpty { grant.roles = try arguments.all("role").map(role) }
        if !arguments.all("camera").isEmpty { grant.cameras = arguments.all("camera") }
        guard arguments.value("until") == nil || arguments.value("days") == nil else {
            throw UsageError("give either --until or --days")
        }
        if let until = try arguments.time("until") { grant.until = until }
        if let days = try arguments.number("days", in: 1...36_500) {
            grant.until = SystemClock().now.adding(seconds: Int64(days) * 86_400)
        }
        return grant
    }

    private static func role(_ text: String) throws -> Role {
        if let role = Role(rawValue: text), role != .owner { return role }
        let names = Role.grantable.map(\.rawValue)
        let near = Nearest.name(to: text, among: names).map { "; did you mean \($0)?" }
        throw UsageError(
            "there is no role \(text)\(near ?? "; there are: \(names.joined(separator: ", "))")")
    }

    /// Cells of a table.
    static func cells(_ document: Document) -> [String] {
        let cameras = document.array("cameras").compactMap(\.string)
        return [
            document.array("roles").compactMap(\.string).joined(separator: ", "),
            cameras.isEmpty ? "all" : cameras.joined(separator: ", "),
            document.time("until").map { until in
                let isOver = SystemClock().now >= until
                return "\(isOver ? "ended" : "until") \(Amount.time(until))"
            } ?? "",
        ]
    }
}

extension FieldWriter {
    mutating func add(_ grant: Grant) {
        for role in grant.roles { add(.role, role.rawValue) }
        for camera in grant.cameras ?? [] { add(.camera, camera) }
        add(.to, grant.until)
    }
}
