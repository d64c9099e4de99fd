import Base
import Linux
import Store
import TestSupport
import Testing

extension EngineContract {
    @Suite struct Writers {
        /// Every call of the seam that changes something.
        private static let writes:
            [(name: String, call: @Sendable (any StorageEngine, Epoch) throws -> Void)] = [
                ("create", { try $0.create(ObjectName("new"), epoch: $1) }),
                ("append", { try $0.append([9].span, to: name, at: 2, epoch: $1) }),
                ("sync", { try $0.sync(name, epoch: $1) }),
                (
                    "appender",
                    { _ = try $0.appender(for: name, from: 1, capacity: 4096, epoch: $1) }
                ),
                ("remove", { try $0.remove(name, epoch: $1) }),
                ("erase", { try $0.erase(Locator(name, offset: 0, count: 1), epoch: $1) }),
                ("apply", { try $0.apply([ShardWrite(shard, put: [1], [9])], epoch: $1) }),
                ("putIfAbsent", { _ = try $0.putIfAbsent([2], [9], in: shard, epoch: $1) }),
                (
                    "compareAndSet",
                    { _ = try $0.compareAndSet([1], expected: [1], [9], in: shard, epoch: $1) }
                ),
                ("removeShard", { try $0.removeShard(shard, epoch: $1) }),
                ("syncMaps", { try $0.syncMaps(epoch: $1) }),
            ]
        private static var name: ObjectName { EngineContract.name }
        private static var shard: Shard { EngineContract.shard }

        private func prepare(_ engine: any StorageEngine) throws -> Epoch {
            let epoch = try engine.claim()
            try engine.create(Self.name, epoch: epoch)
            try engine.append([1, 2].span, to: Self.name, at: 0, epoch: epoch)
            try engine.apply([ShardWrite(Self.shard, put: [1], [1])], epoch: epoch)
            return epoch
        }

        private func expectUnchanged(_ engine: any StorageEngine) throws {
            #expect(try engine.all(Self.name) == [1, 2])
            #expect(throws: Failure.self) { try engine.length(of: ObjectName("new")) }
            let map = try engine.range(
                Self.shard, from: [], to: nil, descending: false, limit: 9)
            #expect(map == [MapEntry(key: [1], value: [1])])
        }

        @Test(arguments: EngineKind.allCases)
        func `every write of an older epoch is fenced and changes nothing`(
            _ kind: EngineKind
        ) throws {
            try kind.withBench { bench in
                let engine = try bench.open()
                let old = try prepare(engine)
                let new = try bench.claimElsewhere(engine)
                #expect(new > old)
                for (name, call) in Self.writes {
                    do {
                        try call(engine, old)
                        Issue.record("\(name) of an older epoch went through")
                    } catch let failure as Failure {
                        #expect(failure.kind == .fenced, "\(name): \(failure)")
                    }
                }
                try expectUnchanged(engine)
                try engine.append([3].span, to: Self.name, at: 2, epoch: new)
                try engine.close()
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `epochs grow over every kind of restart`(_ kind: EngineKind) throws {
            try kind.withBench { bench in
                var engine = try bench.open()
                var last = try engine.claim()
                for round in 0..<6 {
                    if round % 2 == 0 {
                        try engine.close()
                        engine = try bench.open()
                    } else {
                        engine = try bench.crash(seed: Effort.seed &+ UInt64(round))
                    }
                    let next = try engine.claim()
                    #expect(next > last)
                    last = next
                }
                try engine.close()
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `after close every write says stopped`(_ kind: EngineKind) throws {
            try kind.withBench { bench in
                let engine = try bench.open()
                let epoch = try prepare(engine)
                let appender = try engine.appender(
                    for: Self.name, from: 2, capacity: 4096, epoch: epoch)
                try engine.close()
                for (name, call) in Self.writes {
                    do {
                        try call(engine, epoch)
                        Issue.record("\(name) after close went through")
                    } catch let failure as Failure {
                        #expect(failure.kind == .stopped, "\(name): \(failure)")
                    }
                }
                expectFailure(.stopped) { _ = try engine.claim() }
                expectFailure(.stopped) { try appender.append(arena([1], at: 2)) }
                try engine.close()
                let again = try bench.open()
                try expectUnchanged(again)
                try again.close()
            }
        }
    }

    /// Engines over a network alone can leave a write without an answer.
    @Suite struct Doubt {
        @Test(arguments: [false, true])
        func `a write without an answer may be repeated`(happened: Bool) throws {
            let cluster = SimulatedCluster()
            let simulated = SimulatedEngine(cluster)
            cluster.set(.every(repeats: 3, happened: happened))
            let engine = RepeatingEngine(simulated)
            let name = EngineContract.name
            let shard = EngineContract.shard
            let epoch = try engine.claim()
            try engine.create(name, epoch: epoch)
            try engine.append([1, 2].span, to: name, at: 0, epoch: epoch)
            try engine.sync(name, epoch: epoch)
            let appender = try engine.appender(for: name, from: 2, capacity: 4096, epoch: epoch)
            try appender.append(arena([3], at: 2))
            try appender.finish()
            #expect(try engine.all(name) == [1, 2, 3])
            try engine.apply([ShardWrite(shard, put: [1], [1])], epoch: epoch)
            #expect(try engine.putIfAbsent([2], [2], in: shard, epoch: epoch) == [2])
            #expect(try engine.compareAndSet([1], expected: [1], [5], in: shard, epoch: epoch))
            #expect(try !engine.compareAndSet([1], expected: [1], [6], in: shard, epoch: epoch))
            try engine.syncMaps(epoch: epoch)
            #expect(try engine.get([1], in: shard) == [5])
            try engine.removeShard(shard, epoch: epoch)
            try engine.remove(name, epoch: epoch)
            expectFailure(.notFound) { _ = try engine.length(of: name) }
            expectFailure(.unsupported) {
                try engine.create(name, epoch: epoch)
                try engine.erase(Locator(name, offset: 0, count: 1), epoch: epoch)
            }
        }

        @Test func `a write that is never answered fails in the end`() throws {
            let cluster = SimulatedCluster()
            let engine = RepeatingEngine(SimulatedEngine(cluster))
            let epoch = try engine.claim()
            cluster.set(.silent(from: 0, seed: Effort.seed))
            expectFailure(.unknownOutcome) {
                try engine.apply([ShardWrite(EngineContract.shard, put: [1], [1])], epoch: epoch)
            }
            #expect(cluster.writeCount == 5)
        }

        @Test func `an exclusive create that fails for good is no success`() throws {
            let engine = RepeatingEngine(SimulatedEngine(SimulatedCluster()))
            let epoch = try engine.claim()
            try engine.create(EngineContract.name, epoch: epoch)
            expectFailure(.alreadyExists) {
                try engine.create(EngineContract.name, epoch: epoch)
            }
        }
    }
}
