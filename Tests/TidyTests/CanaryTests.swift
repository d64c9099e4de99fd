import Testing

/// Each rule is fed a sample that breaks it, and one that keeps it: a rule that cannot fail, or
/// cannot pass, is found here.
@Suite struct CanaryTests {
    static let table = layerTable(
        SourceFile(
            path: "docs/architecture.md",
            text: """
                <!-- layers -->
                | layer | module | may import | what it is |
                |---|---|---|---|
                | 0 | `CThing` | – | C |
                | 1 | `Low` | `CThing` | words |
                | 3 | `Form` | `Low` | bytes |
                | 4 | `High` | `Low` `Form` | work |
                <!-- /layers -->
                """))

    static let manifest = SourceFile(
        path: "Package.swift",
        text: """
            library("CThing"),
            module("Low", imports: ["CThing"]),
            module("Form", imports: ["Low"]),
            .executableTarget(
                name: "High",
                dependencies: ["Low", "Form"],
            tests("LowTests", imports: ["Low"]),
            """)

    func source(_ module: String, _ text: String) -> [SourceFile] {
        [SourceFile(path: "Sources/\(module)/File.swift", text: text)]
    }

    @Test func `the samples are read whole`() {
        #expect(Self.table.count == 4)
        #expect(Self.table.last == Module(name: "High", layer: 4, imports: ["Low", "Form"]))
        #expect(manifestModules(Self.manifest).count == 4)
        #expect(tableDiffers(Self.table, manifestModules(Self.manifest)) == [])
    }

    @Test func `a module that only one side names is reported`() {
        let modules = manifestModules(Self.manifest)
        #expect(tableDiffers(Self.table.dropLast(), modules).map(\.place) == ["High"])
        #expect(tableDiffers(Self.table, modules.dropLast()).map(\.place) == ["High"])
        #expect(tableDiffers([], modules).count == 4)
    }

    @Test func `an import that only one side names is reported`() {
        var modules = manifestModules(Self.manifest)
        modules[1] = Module(name: "Low", layer: nil, imports: [])
        #expect(tableDiffers(Self.table, modules).map(\.place) == ["Low"])
    }

    @Test func `an import of the same or a higher layer is reported`() {
        #expect(importsUpwards(Self.table) == [])
        let up = Module(name: "Low", layer: 1, imports: ["Form"])
        let level = Module(name: "Form", layer: 3, imports: ["Form"])
        let nowhere = Module(name: "Form", layer: 3, imports: ["Gone"])
        #expect(importsUpwards([up, Self.table[2]]).map(\.place) == ["Low"])
        #expect(importsUpwards([level]).map(\.place) == ["Form"])
        #expect(importsUpwards([nowhere]).map(\.place) == ["Form"])
    }

    @Test(arguments: [
        "import High", "internal import High", "package import struct High.Thing",
        "@testable import High", "@_exported public import High", "import Foundation",
        "import Glibc",
    ])
    func `an undeclared import line is reported`(line: String) {
        #expect(importsUndeclared(Self.table, source("Form", line)).count == 1)
    }

    @Test func `a declared import line and a comment are not`() {
        let text = "internal import Low\nimport Synchronization\n// import High"
        #expect(importsUndeclared(Self.table, source("Form", text)) == [])
        #expect(importsUndeclared(Self.table, source("Unknown", "import Low")).count == 1)
    }

    @Test func `another language in a raw text is not code, what follows it is`() {
        let text = "let x = #\"\"\"\nimport json\n\"\"\"#\nimport High"
        #expect(importsUndeclared(Self.table, source("Form", text)).map(\.place).count == 1)
    }

    @Test(arguments: ["let x = unsafe f()", "nonisolated(unsafe) var x = 1", "@unsafe struct S {}"])
    func `unsafe above layer 2 is reported`(line: String) {
        #expect(unsafeAbove(Self.table, source("Form", line)).count == 1)
        #expect(unsafeAbove(Self.table, source("Low", line)) == [])
    }

    @Test func `a comment may say unsafe`() {
        #expect(unsafeAbove(Self.table, source("Form", "// unsafe to repeat")) == [])
    }

    @Test func `a line of 101 columns is reported`() {
        let line = String(repeating: "é", count: 100)
        #expect(longLines(source("Low", line)) == [])
        #expect(
            longLines(source("Low", "a\n\(line)x")).map(\.place) == ["Sources/Low/File.swift:2"])
    }

    @Test(arguments: [
        "func f() {", "package static func f<T>(\n    _ x: T\n) throws(Failure) -> Int {",
        "@inlinable public init?(x: Int) {", "deinit {", "private(set) mutating func f() {",
        "func f()\nwhere T: Sendable {",
    ])
    func `a function of 71 lines is reported`(head: String) {
        func sample(_ lines: Int) -> [SourceFile] {
            let body = lines - head.split(separator: "\n").count - 1
            let text =
                "    " + head.replacing("\n", with: "\n    ") + "\n"
                + String(repeating: "        work()\n", count: body) + "    }\n"
            return source("Low", "struct S {\n\(text)}\n")
        }
        #expect(longFunctions(sample(70)) == [])
        #expect(longFunctions(sample(71)).map(\.place) == ["Sources/Low/File.swift:2"])
    }

    @Test func `a requirement without a body does not borrow the next one's lines`() {
        let body = String(repeating: "        work()\n", count: 69)
        let text = "struct S {\n    func a()\n    func b() {\n\(body)\n    }\n}\n"
        #expect(longFunctions(source("Low", text)).map(\.place) == ["Sources/Low/File.swift:3"])
    }

    @Test(arguments: ["let x = try! f()", "fatalError()", "default: fatalError(\"no\")"])
    func `a crash on purpose is reported`(line: String) {
        #expect(bannedCalls(source("Low", line)).count == 1)
        #expect(bannedCalls(source("Low", "// \(line)")) == [])
    }

    @Test func `a sanitized target that does not exist is reported`() {
        func script(_ list: String) -> SourceFile {
            SourceFile(path: ".ci/run", text: "#!\nsanitized=\"\(list)\"\n")
        }
        #expect(unknownSanitized(script("LowTests"), Self.manifest) == [])
        #expect(unknownSanitized(script("LowTests GoneTests"), Self.manifest).count == 1)
        #expect(unknownSanitized(Self.manifest, Self.manifest).count == 1)
    }

    @Test func `a dead link and a dead anchor are reported`() {
        let a = SourceFile(
            path: "docs/a.md",
            text: "[b](b.md) [top](../README.md) [h](b.md#one-two) [web](https://x.example/)")
        let b = SourceFile(path: "docs/b.md", text: "# One two\n[no](c.md)\n[no](a.md#gone)")
        let found = deadLinks([a, b]) { ["docs/a.md", "docs/b.md", "README.md"].contains($0) }
        #expect(found.map(\.place) == ["docs/b.md:2", "docs/b.md:3"])
    }

    @Test func `a document in no index is reported`() {
        let index = SourceFile(path: "docs/README.md", text: "[a](a.md)")
        let top = SourceFile(path: "README.md", text: "[index](docs/README.md)")
        let a = SourceFile(path: "docs/a.md", text: "[b](b.md)")
        let b = SourceFile(path: "docs/b.md", text: "")
        #expect(unlinkedDocuments([top, index, a, b]).map(\.place) == ["docs/b.md"])
    }

    @Test func `a command that does not exist is reported`() {
        let program = source("proofreel", "case \"put\": put()")
        func places(_ text: String) -> [String] {
            unknownCommands([SourceFile(path: "docs/a.md", text: text)], program: program)
                .map(\.place)
        }
        #expect(places("`proofreel put FILE`, proofreel snaps, `proofreel`") == [])
        #expect(places("see `proofreel snap`") == ["docs/a.md:1"])
        #expect(places("```\n$ proofreel put x\n$ proofreel snap\n```") == ["docs/a.md:3"])
    }

    @Test func `a test that does not exist is reported`() {
        let test = SourceFile(path: "Tests/LowTests/ATests.swift", text: "@Test func `it is`() {}")
        func places(_ text: String) -> [String] {
            unknownTests([SourceFile(path: "docs/a.md", text: text)], tests: [test]).map(\.place)
        }
        #expect(places("`ATests: it is`, `ATests`, ATests: it is not") == [])
        #expect(
            places("\n`ATests: it is not` and `BTests: it is`") == ["docs/a.md:2", "docs/a.md:2"])
    }
}
