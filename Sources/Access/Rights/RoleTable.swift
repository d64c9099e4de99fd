/// The table of `docs/security.md`; a test compares, so that the page cannot fall behind.
package enum RoleTable {
    package static func markdown() -> String {
        var text = "| right | " + Role.allCases.map { "`\($0.rawValue)`" }.joined(separator: " | ")
        text += " | means |\n|---|" + Role.allCases.map { _ in ":-:|" }.joined() + "---|\n"
        for right in Right.allCases {
            let cells = Role.allCases.map { cell(right, $0) }.joined(separator: " | ")
            text += "| `\(right.rawValue)` | \(cells) | \(right.meaning) |\n"
        }
        return text
    }

    private static func cell(_ right: Right, _ role: Role) -> String {
        guard role.rights.has(right) else { return "" }
        return right == .read && role.readsByLinkOnly ? "by link" : "✓"
    }
}
