internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Store

extension CommandSpec {
    static let check = CommandSpec(
        path: ["admin", "check"],
        summary: "Verify the data directory with its own keys; for cron.",
        usage: "[--data DIR] [--json]", options: [.data, .scratch, .json],
        examples: [
            .init("proofreel admin check --data /srv/reel", "ends with 0 without damage, else 1")
        ],
        notes: "Notes do not fail it. Only proofreel verify --root can say whose log it is.",
        run: { arguments, console in
            let result = try Verifying(DataDirectory(arguments), arguments).run()
            if arguments.has("json") {
                console.print(VerificationPage.json(result))
            } else {
                for line in VerificationPage(result).ownLines(console) { console.print(line) }
            }
            return result.verdict == .tampered ? .failed : .done
        })

    static let scrub = CommandSpec(
        path: ["admin", "scrub"],
        summary: "Read full segments again and compare them with their seals.",
        usage: "[--rate MB/s] [--from N] [--to N]",
        options: [
            .value("rate", "MB/s", "at most so fast; else as fast as the disk"),
            .value("from", "N", "the first segment; else 0"),
            .value("to", "N", "the last segment; else the last full one"), .data, .passphrase,
            .json,
        ],
        examples: [.init("proofreel admin scrub --rate 50", "serve does it every week by itself")],
        notes: "Writes a leaf that says what was read and found. The segment that is being written"
            + " is left out.",
        run: { try Upkeep(Work(arguments: $0, console: $1)).scrub() })

    static let rebuildIndex = CommandSpec(
        path: ["admin", "rebuild-index"],
        summary: "Make the index, and everything else that is derived, again from the segments.",
        usage: "[--check]",
        options: [
            .flag("check", "compare only; ends with 1 when the index differs"), .scratch, .data,
            .passphrase, .json,
        ],
        examples: [
            .init("proofreel admin rebuild-index", "for an index that is damaged or gone"),
            .init("proofreel admin rebuild-index --check", "needs no passphrase, writes nothing"),
        ],
        run: { try Upkeep(Work(arguments: $0, console: $1)).rebuildIndex() })
}

struct Upkeep {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var console: Console { work.console }

    init(_ work: Work) { self.work = work }

    func scrub() throws -> ExitCode {
        var limits = ScrubLimits()
        let rate = try arguments.number("rate", in: 0...100_000) ?? 0
        limits.bytesPerSecond = UInt64(rate) * 1_000_000
        let segments = 0...Int(UInt32.max) - 1
        limits.from = UInt32(try arguments.number("from", in: segments) ?? 0)
        limits.to = try arguments.number("to", in: segments).map { UInt32($0) + 1 }
        let progress = ByteProgress("read")
        let report = try work.writing { log in
            defer { progress.end() }
            return try log.scrub(limits) { report in
                progress.at(report.bytes)
                return true
            }
        }
        if arguments.has("json") {
            console.print(
                JSON.object(
                    JSONObject([
                        ("segments", .int(Int64(report.segments))),
                        ("bytes", .int(Int64(report.bytes))),
                        ("faults", .array(report.faults.map { .string($0) })),
                    ])))
        } else {
            for fault in report.faults { console.print("\(console.bad("DAMAGE"))  \(fault)") }
            let read = Amount.count(report.segments, "full segment")
            console.print(
                "\(read), \(Amount.bytes(report.bytes)):"
                    + " \(Amount.count(report.faults.count, "fault"))")
        }
        return report.faults.isEmpty ? .done : .failed
    }

    func rebuildIndex() throws -> ExitCode {
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        try directory.requireFree()
        if arguments.has("check") { return try compare(directory) }
        let file = arguments.value("passphrase-file")
        let source = PassphraseSource.find(option: file, keys: directory.keys)
        let identity = try Opening(directory, passphraseFile: file).identity(source)
        let start = SystemClock().monotonicNanoseconds
        var options = EmbeddedEngine.Options()
        options.discardMaps = true
        let engine = try EmbeddedEngine(directory.path, options: options)
        let leaves: UInt64
        do {
            leaves = try Rebuild.run(engine, identity: identity, clock: SystemClock())
        } catch {
            do { try engine.close() } catch {}
            throw error
        }
        try engine.close()
        let milliseconds = (SystemClock().monotonicNanoseconds - start) / 1_000_000
        if arguments.has("json") {
            console.print(
                JSON.object(
                    JSONObject([
                        ("leaves", .int(Int64(leaves))),
                        ("milliseconds", .int(Int64(milliseconds))),
                    ])))
        } else {
            let tenths = "\(milliseconds / 1000).\(milliseconds % 1000 / 100)"
            let count = Amount.count(leaves, "leaf", "leaves")
            console.print("indexed \(count) in \(tenths) s")
        }
        return .done
    }

    private func compare(_ directory: DataDirectory) throws -> ExitCode {
        let result = try Verifying(directory, arguments).run()
        let about = result.findings.filter(\.isDerived)
        let others = result.damage.count { !$0.isDerived }
        if arguments.has("json") {
            console.print(
                JSON.object(
                    JSONObject([
                        ("same", .bool(about.isEmpty && others == 0)),
                        ("findings", .array(about.map { .string("\($0.subject): \($0.words)") })),
                        ("other_damage", .int(Int64(others))),
                    ])))
            return about.isEmpty && others == 0 ? .done : .failed
        }
        for finding in about { console.print("\(finding.subject): \(finding.words)") }
        if others > 0 {
            console.complain(
                "\(Amount.count(others, "finding")) of damage elsewhere; run proofreel admin check")
        }
        guard about.isEmpty, others == 0 else { return .failed }
        let count = Amount.count(result.leaves, "leaf", "leaves")
        console.print("the index is what \(count) make it")
        return .done
    }
}
