import Base
import Linux
import Store
import TestSupport
import Testing

extension EngineContract {
    @Suite struct Appenders {
        @Test(arguments: EngineKind.allCases)
        func `an appended arena survives a crash at once`(_ kind: EngineKind) throws {
            for seed in 0..<UInt64(Effort.rounds(10)) {
                try kind.withBench { bench in
                    let engine = try bench.open()
                    let epoch = try engine.claim()
                    try engine.create(name, epoch: epoch)
                    try engine.append([1, 2, 3].span, to: name, at: 0, epoch: epoch)
                    let appender = try engine.appender(
                        for: name, from: 3, capacity: 1 << 20, epoch: epoch)
                    var expected: [UInt8] = [1, 2, 3]
                    for (number, count) in [1, 4092, 1, 5000, 8192, 77].enumerated() {
                        let bytes = TestLog.picture(number, bytes: count)
                        try appender.append(arena(bytes, at: appender.length))
                        expected += bytes
                        #expect(appender.length == UInt64(expected.count))
                        #expect(Array(try engine.all(name).prefix(expected.count)) == expected)
                    }
                    let again = try bench.crash(seed: Effort.seed &+ seed)
                    let found = try again.all(name)
                    #expect(Array(found.prefix(expected.count)) == expected, "\(Effort.replay)")
                    // An engine that writes whole pages may leave zeros behind.
                    #expect(found.dropFirst(expected.count).allSatisfy { $0 == 0 })
                    try again.close()
                }
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `a finished object has exactly its bytes`(_ kind: EngineKind) throws {
            try kind.withBench { bench in
                let engine = try bench.open()
                let epoch = try engine.claim()
                try engine.create(name, epoch: epoch)
                let appender = try engine.appender(
                    for: name, from: 0, capacity: 1 << 20, epoch: epoch)
                let bytes = TestLog.picture(1, bytes: 5000)
                try appender.append(arena(bytes, at: 0))
                try appender.finish()
                #expect(try engine.all(name) == bytes)
                let again = try bench.crash(seed: Effort.seed)
                #expect(try again.all(name) == bytes)
                try again.close()
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `an appender drops what lies past its start`(_ kind: EngineKind) throws {
            try kind.withBench { bench in
                let engine = try bench.open()
                let epoch = try engine.claim()
                try engine.create(name, epoch: epoch)
                let leftovers = [UInt8](repeating: 9, count: 30_000)
                try engine.append(leftovers.span, to: name, at: 0, epoch: epoch)
                let appender = try engine.appender(
                    for: name, from: 10, capacity: 1 << 20, epoch: epoch)
                try appender.append(arena([1, 2], at: 10))
                let expected = Array(leftovers.prefix(10)) + [1, 2]
                let again = try bench.crash(seed: Effort.seed)
                let found = try again.all(name)
                #expect(Array(found.prefix(12)) == expected)
                #expect(found.dropFirst(12).allSatisfy { $0 == 0 })
                try again.close()
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `an open appender of an older epoch is fenced`(_ kind: EngineKind) throws {
            try kind.withBench { bench in
                let engine = try bench.open()
                let epoch = try engine.claim()
                try engine.create(name, epoch: epoch)
                let appender = try engine.appender(for: name, from: 0, capacity: 4096, epoch: epoch)
                try appender.append(arena([1], at: 0))
                _ = try bench.claimElsewhere(engine)
                expectFailure(.fenced) { try appender.append(arena([2], at: 1)) }
                expectFailure(.fenced) { try appender.finish() }
                #expect(try engine.all(name).prefix(2).allSatisfy { $0 < 2 })
                try engine.close()
            }
        }

        private var name: ObjectName { EngineContract.name }
    }
}

/// Bytes as a group of frames would bring them.
func arena(_ bytes: [UInt8], at length: UInt64) -> PageArena {
    let arena = PageArena(capacity: bytes.count + PageArena.pageBytes)
    arena.reset(phase: Int(length % UInt64(PageArena.pageBytes)))
    arena.write(bytes.span, at: arena.reserve(bytes.count))
    return arena
}
