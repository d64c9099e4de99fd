import Base
import Linux
import Store
import TestSupport
import Testing

/// What every engine promises, as `Sources/Store/StorageEngine.swift` says it. A new engine is a
/// new case of `EngineKind` and nothing else.
@Suite struct EngineContract {
    static let name = ObjectName("seg/00000017")
    static let shard = Shard(table: 3, name: [7, 8])

    // MARK: Objects

    @Test(arguments: EngineKind.allCases)
    func `a name is created once`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            expectFailure(.notFound) { _ = try engine.length(of: Self.name) }
            try engine.create(Self.name, epoch: epoch)
            #expect(try engine.length(of: Self.name) == 0)
            expectFailure(.alreadyExists) { try engine.create(Self.name, epoch: epoch) }
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `of two threads that create a name one succeeds`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            let made = Monitor(0)
            try inParallel(4) { _ in
                do throws(Failure) {
                    try engine.create(Self.name, epoch: epoch)
                    made.withLock { $0 += 1 }
                } catch {
                    #expect(error.kind == .alreadyExists)
                }
            }
            #expect(made.withLock { $0 } == 1)
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `bytes are appended at the believed length`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2, 3].span, to: Self.name, at: 0, epoch: epoch)
            try engine.append([4, 5].span, to: Self.name, at: 3, epoch: epoch)
            #expect(try engine.length(of: Self.name) == 5)
            #expect(try engine.all(Self.name) == [1, 2, 3, 4, 5])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `the same append again changes nothing`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2, 3].span, to: Self.name, at: 0, epoch: epoch)
            for _ in 0..<3 { try engine.append([4, 5].span, to: Self.name, at: 3, epoch: epoch) }
            #expect(try engine.all(Self.name) == [1, 2, 3, 4, 5])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `an append drops longer leftovers first`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            try engine.append(
                [UInt8](repeating: 9, count: 9000).span, to: Self.name, at: 0, epoch: epoch)
            try engine.append([1].span, to: Self.name, at: 4, epoch: epoch)
            #expect(try engine.all(Self.name) == [9, 9, 9, 9, 1])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `an object shorter than believed is a loss`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2].span, to: Self.name, at: 0, epoch: epoch)
            expectFailure(.dataLoss) {
                try engine.append([3].span, to: Self.name, at: 3, epoch: epoch)
            }
            expectFailure(.dataLoss) {
                _ = try engine.appender(for: Self.name, from: 3, capacity: 100, epoch: epoch)
            }
            #expect(try engine.all(Self.name) == [1, 2])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `fewer bytes are read only at the end`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2, 3].span, to: Self.name, at: 0, epoch: epoch)
            var buffer: [UInt8] = [9, 9, 9, 9, 9, 9]
            try engine.read(Self.name, at: 1, count: 2, into: &buffer)
            #expect(buffer == [2, 3])
            try engine.read(Self.name, at: 2, count: 100, into: &buffer)
            #expect(buffer == [3])
            for offset: UInt64 in [3, 4, 1 << 40] {
                try engine.read(Self.name, at: offset, count: 2, into: &buffer)
                #expect(buffer == [])
            }
            try engine.read(Self.name, at: 0, count: 0, into: &buffer)
            #expect(buffer == [])
            expectFailure(.notFound) {
                try engine.read(ObjectName("seg/1"), at: 0, count: 1, into: &buffer)
            }
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `synced bytes and their name survive a crash`(_ kind: EngineKind) throws {
        for seed in 0..<UInt64(Effort.rounds(20)) {
            try kind.withBench { bench in
                let engine = try bench.open()
                let epoch = try engine.claim()
                try engine.create(Self.name, epoch: epoch)
                let bytes = TestLog.picture(1, bytes: 5000)
                try engine.append(bytes.span, to: Self.name, at: 0, epoch: epoch)
                try engine.sync(Self.name, epoch: epoch)
                let more = TestLog.picture(2, bytes: 3000)
                try engine.append(more.span, to: Self.name, at: 5000, epoch: epoch)
                let again = try bench.crash(seed: Effort.seed &+ seed)
                let found = try again.all(Self.name)
                #expect(Array(found.prefix(5000)) == bytes, "\(Effort.replay)")
                #expect(found.count <= 8000)
                if bench.keepsUnsyncedAppends { #expect(found == bytes + more) }
                let next = try again.claim()
                try again.append(more.span, to: Self.name, at: 5000, epoch: next)
                #expect(try again.all(Self.name) == bytes + more)
                try again.close()
            }
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `a removed object is gone and may be made anew`(_ kind: EngineKind) throws {
        try kind.withBench { bench in
            let engine = try bench.open()
            let epoch = try engine.claim()
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2].span, to: Self.name, at: 0, epoch: epoch)
            try engine.remove(Self.name, epoch: epoch)
            expectFailure(.notFound) { _ = try engine.length(of: Self.name) }
            expectFailure(.notFound) { try engine.remove(Self.name, epoch: epoch) }
            try engine.create(Self.name, epoch: epoch)
            #expect(try engine.all(Self.name) == [])
            try engine.remove(Self.name, epoch: epoch)
            let again = try bench.crash(seed: Effort.seed)
            expectFailure(.notFound) { _ = try again.length(of: Self.name) }
            try again.close()
        }
    }

    @Test(arguments: EngineKind.allCases)
    func `erased bytes read as zero or erasing is not supported`(_ kind: EngineKind) throws {
        try kind.withEngine { engine, epoch in
            try engine.create(Self.name, epoch: epoch)
            let bytes = [UInt8](repeating: 7, count: 20_000)
            try engine.append(bytes.span, to: Self.name, at: 0, epoch: epoch)
            var expected = bytes
            do throws(Failure) {
                try engine.erase(Locator(Self.name, offset: 1000, count: 9001), epoch: epoch)
                for i in 1000..<10_001 { expected[i] = 0 }
            } catch {
                #expect(error.kind == .unsupported)
            }
            #expect(try engine.all(Self.name) == expected)
            #expect(try engine.length(of: Self.name) == 20_000)
        }
    }
}

/// Runs `body`, which must fail with this kind and with words.
func expectFailure(
    _ kind: FailureKind, location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no failure where \(kind.rawValue) was due", sourceLocation: location)
    } catch let failure as Failure {
        #expect(failure.kind == kind, "\(failure.words)", sourceLocation: location)
        #expect(failure.words.count > 10, sourceLocation: location)
    } catch {
        Issue.record("\(error)", sourceLocation: location)
    }
}

extension StorageEngine {
    /// The whole of a small object.
    func all(_ object: ObjectName) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(object, at: 0, count: 1 << 20, into: &bytes)
        return bytes
    }
}
