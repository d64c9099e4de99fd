// A process for tests to kill. `CrashWriter write DIRECTORY ROUND` opens the log in a directory and
// adds pictures with sixteen threads until it is killed; every acknowledged one is a line on the
// output, written at once. `CrashWriter hold DIRECTORY` opens the directory and keeps it.

import Base
import Crypto
import Evidence
import EvidenceFormat
import Glibc
import Linux
import Store
import TestSupport

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call, and shorter than a pipe's atomic writes: lines never mix.
    guard write(1, bytes, bytes.count) == bytes.count else { exit(3) }
}

func writeUntilKilled(_ directory: String, round: Int) throws {
    let identity = try TestLog.identity()
    let (log, _) = try EvidenceLog.open(
        EmbeddedEngine(directory), identity: identity, clock: SystemClock(),
        options: KillRound.options)
    say("open \(log.size)")
    try inParallel(KillRound.writers) { writer in
        let check = KillRound.check(round, writer)
        for i in 0..<KillRound.picturesMax {
            let number = KillRound.number(round, writer, i)
            let receipt = try TestLog.add(
                log, number, links: [TestLog.check(check)], bytes: KillRound.bytes(number))
            let head = try identity.keySet.open(receipt.checkpoint)
            let payload = TestLog.picture(number, bytes: KillRound.bytes(number))
            say(
                KillRecord(
                    index: receipt.index, id: receipt.id,
                    payload: SHA256.hash(payload.span), check: check, size: head.size,
                    root: head.root
                ).line)
        }
    }
    say("done")
    while true { pause() }
}

do {
    switch CommandLine.arguments.dropFirst().first {
    case "write":
        try writeUntilKilled(CommandLine.arguments[2], round: Int(CommandLine.arguments[3]) ?? 0)
    case "hold":
        let engine = try EmbeddedEngine(CommandLine.arguments[2])
        say("open")
        while true { pause() }
        try engine.close()
    default:
        say("CrashWriter: write DIRECTORY ROUND | hold DIRECTORY")
        exit(2)
    }
} catch {
    say("failed: \(error)")
    exit(1)
}
