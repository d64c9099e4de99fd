import Foundation
import Testing
import Web
import WireProtocol

/// `docs/http.md` lists what the program has, and no more.
@Suite struct GatewayDocumentTests {
    private static func rows(_ mark: String) throws -> [[String]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "docs/http.md"), encoding: .utf8)
        let start = try #require(text.range(of: "<!-- \(mark) -->")).upperBound
        let end = try #require(text.range(of: "<!-- /\(mark) -->")).lowerBound
        return text[start..<end].split(separator: "\n").dropFirst(2).map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static func quoted(_ cell: String) -> [String] {
        cell.matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }

    @Test func `every address is in the document, and every address of the document is there`()
        throws
    {
        let documented = try Self.rows("routes").map { "\($0[1]) \(Self.quoted($0[0])[0])" }
        #expect(Set(documented) == Set(Route.all.map { "\($0.method.rawValue) \($0.path)" }))
        #expect(documented.count == Route.all.count)
    }

    @Test func `every error has the status that the document gives it`() throws {
        var documented: [String: Int] = [:]
        for row in try Self.rows("statuses") {
            let status = try #require(Int(row[0]))
            for word in Self.quoted(row[1]) where word != "Retry-After" {
                documented[word] = status
            }
        }
        for code in WireError.Code.allCases {
            #expect(documented[code.word] == Route.status(of: code), "\(code.word)")
        }
        #expect(documented.count == WireError.Code.allCases.count)
    }
}
