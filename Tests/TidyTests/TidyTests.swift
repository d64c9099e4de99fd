import Testing

/// The rules of the house, applied to the tree. `CanaryTests` shows that each of them can fail.
@Suite struct TidyTests {
    let table: [Module]
    let manifest: SourceFile
    let sources: [SourceFile]
    let documents: [SourceFile]

    init() throws {
        table = layerTable(try Tree.file("docs/architecture.md"))
        manifest = try Tree.file("Package.swift")
        sources = try Tree.swiftSources()
        documents = try Tree.documents()
    }

    @Test func `the layer table and Package.swift name the same modules and imports`() {
        #expect(tableDiffers(table, manifestModules(manifest)) == [])
    }

    @Test func `modules import only what stands below them`() {
        #expect(importsUpwards(table) == [])
    }

    @Test func `import lines say no more than the layer table`() {
        #expect(importsUndeclared(table, sources) == [])
    }

    @Test func `only layers 0 to 2 say unsafe`() {
        #expect(unsafeAbove(table, sources) == [])
    }

    @Test func `lines have at most 100 columns`() throws {
        #expect(longLines(sources + [manifest]) == [])
        #expect(longLines(try Tree.files("Sources", ".h", ".c")) == [])
    }

    @Test func `functions have at most 70 lines`() {
        #expect(longFunctions(sources) == [])
    }

    @Test func `nothing in Sources crashes on purpose`() {
        #expect(bannedCalls(sources) == [])
    }

    @Test func `the sanitizers run over targets that exist`() throws {
        #expect(unknownSanitized(try Tree.file(".ci/run"), manifest) == [])
    }

    @Test func `links in documents lead somewhere`() {
        #expect(deadLinks(documents, exists: Tree.exists) == [])
    }

    @Test func `every document is in an index`() {
        #expect(unlinkedDocuments(documents) == [])
    }

    @Test func `tests that documents name exist`() throws {
        #expect(unknownTests(documents, tests: try Tree.files("Tests", ".swift")) == [])
    }

    @Test(
        .enabled(
            if: Tree.exists("Sources/proofreel/Commands"),
            "Sources/proofreel/Commands is not there yet, so commands in documents go unchecked"))
    func `commands in documents exist`() throws {
        let program = try Tree.files("Sources/proofreel", ".swift")
        #expect(unknownCommands(documents, program: program) == [])
    }
}
