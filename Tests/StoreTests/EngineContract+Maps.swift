import Base
import Linux
import Store
import TestSupport
import Testing

extension EngineContract {
    @Suite struct Maps {
        private var shard: Shard { EngineContract.shard }

        private func filled(_ engine: any StorageEngine, _ epoch: Epoch) throws {
            let keys: [[UInt8]] = [[], [0], [1], [1, 0], [1, 255], [2], [255], [255, 255]]
            // Neighbours on both sides, of the same table and of others.
            let around = [[7, 7], [7, 9], [6, 255], [8, 0], [255, 255], [0, 0]].map {
                Shard(table: 3, name: $0)
            }
            let others = [2, 4, 254].map { Shard(table: $0, name: [7, 8]) }
            var writes: [ShardWrite] = []
            for (i, shard) in ([shard] + around + others).enumerated() {
                for key in keys { writes.append(ShardWrite(shard, put: key, key + [UInt8(i)])) }
            }
            try engine.apply(writes, epoch: epoch)
        }

        @Test(arguments: EngineKind.allCases)
        func `what was put is there until it is removed`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                #expect(try engine.get([1], in: shard) == nil)
                try engine.apply([ShardWrite(shard, put: [1], [10])], epoch: epoch)
                #expect(try engine.get([1], in: shard) == [10])
                try engine.apply(
                    [ShardWrite(shard, put: [1], []), ShardWrite(shard, put: [2], [20])],
                    epoch: epoch)
                #expect(try engine.get([1], in: shard) == [])
                try engine.apply(
                    [ShardWrite(shard, put: [3], [30]), ShardWrite(shard, remove: [1])],
                    epoch: epoch)
                #expect(try engine.get([1], in: shard) == nil)
                #expect(try engine.get([3], in: shard) == [30])
                try engine.apply([], epoch: epoch)
                try engine.apply([ShardWrite(shard, remove: [99])], epoch: epoch)
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `a batch does what its writes would do one by one`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                let other = Shard(table: 9, name: [])
                var batch = MapBatch()
                batch.put(shard, [1], [10])
                batch.put(shard, key: { $0 += [2, 2] }, value: { $0.appendBigEndian(UInt16(7)) })
                batch.put(other, [])
                batch.put(shard, [3], [30])
                batch.remove(shard, key: { $0.append(3) })
                #expect(batch.count == 5)
                try engine.apply(batch, epoch: epoch)
                #expect(try engine.get([1], in: shard) == [10])
                #expect(try engine.get([2, 2], in: shard) == [0, 7])
                #expect(try engine.get([3], in: shard) == nil)
                #expect(try engine.get([], in: other) == [])
                batch.removeAll()
                #expect(batch.isEmpty)
                batch.remove(shard, key: { $0.append(1) })
                try engine.apply(batch, epoch: epoch)
                #expect(try engine.get([1], in: shard) == nil)
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `of two writes to one key in one batch the later one stands`(
            _ kind: EngineKind
        ) throws {
            try kind.withEngine { engine, epoch in
                try engine.apply(
                    [
                        ShardWrite(shard, put: [1], [1]), ShardWrite(shard, remove: [1]),
                        ShardWrite(shard, put: [1], [2]), ShardWrite(shard, put: [2], [3]),
                        ShardWrite(shard, remove: [2]),
                    ], epoch: epoch)
                #expect(try engine.get([1], in: shard) == [2])
                #expect(try engine.get([2], in: shard) == nil)
            }
        }

        /// Bounds, order and limit, against a sorted array.
        @Test(arguments: EngineKind.allCases)
        func `a range is what a sorted list would give`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                var random = SeededRandom(seed: Effort.seed)
                let neighbours = [[7, 7], [7, 8], [7, 9]].map { Shard(table: 3, name: $0) }
                var model: [[UInt8]: [UInt8]] = [:]
                for i in 0..<200 {
                    let key = random.bytes(Int(random.next() % 4)).map {
                        $0 % 3 == 0 ? 255 : $0 % 5
                    }
                    for (n, shard) in neighbours.enumerated() {
                        let value = [UInt8(i), UInt8(n)]
                        try engine.apply([ShardWrite(shard, put: key, value)], epoch: epoch)
                        if n == 1 { model[key] = value }
                    }
                }
                let sorted = model.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                for _ in 0..<Effort.rounds(400) {
                    let from = random.bytes(Int(random.next() % 4)).map { $0 % 6 }
                    let to =
                        random.next() % 4 == 0
                        ? nil
                        : random.bytes(Int(random.next() % 4)).map { $0 % 3 == 0 ? 255 : $0 % 6 }
                    let limit = Int(random.next() % 12)
                    let descending = random.next() % 2 == 0
                    let inside = sorted.filter { entry in
                        !entry.key.lexicographicallyPrecedes(from)
                            && (to.map { entry.key.lexicographicallyPrecedes($0) } ?? true)
                    }
                    let ordered = descending ? Array(inside.reversed()) : inside
                    let found = try engine.range(
                        shard, from: from, to: to, descending: descending, limit: limit)
                    #expect(
                        found.map(\.key) == ordered.prefix(limit).map(\.key), "\(Effort.replay)")
                    #expect(found.map(\.value) == ordered.prefix(limit).map(\.value))
                }
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `neighbouring shards never leak into each other`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                try filled(engine, epoch)
                for table: UInt8 in [2, 3, 4, 254] {
                    let shard = Shard(table: table, name: [7, 8])
                    for descending in [false, true] {
                        let found = try engine.range(
                            shard, from: [], to: nil, descending: descending, limit: 100)
                        #expect(found.count == 8)
                        #expect(Set(found.map { $0.value.last }).count == 1)
                    }
                }
                for name: [UInt8] in [[255, 255], [0, 0], [6, 255], [8, 0]] {
                    let found = try engine.range(
                        Shard(table: 3, name: name), from: [], to: nil, descending: true, limit: 100
                    )
                    #expect(found.count == 8)
                }
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `the last shard that can be named is a shard like any other`(
            _ kind: EngineKind
        ) throws {
            try kind.withEngine { engine, epoch in
                let last = Shard(table: 254, name: [255, 255])
                for key: [UInt8] in [[], [1], [255, 255, 255]] {
                    try engine.apply([ShardWrite(last, put: key, [1])], epoch: epoch)
                }
                for descending in [false, true] {
                    let found = try engine.range(
                        last, from: [], to: nil, descending: descending, limit: 10)
                    #expect(found.count == 3)
                }
                try engine.removeShard(last, epoch: epoch)
                let left = try engine.range(last, from: [], to: nil, descending: false, limit: 10)
                #expect(left.isEmpty)
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `removing a shard removes that shard`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                try filled(engine, epoch)
                try engine.removeShard(shard, epoch: epoch)
                #expect(
                    try engine.range(shard, from: [], to: nil, descending: false, limit: 9).isEmpty)
                #expect(try engine.get([1], in: shard) == nil)
                for name: [UInt8] in [[7, 7], [7, 9], [6, 255], [8, 0]] {
                    let found = try engine.range(
                        Shard(table: 3, name: name), from: [], to: nil, descending: false, limit: 9)
                    #expect(found.count == 8)
                }
                try engine.apply([ShardWrite(shard, put: [5], [5])], epoch: epoch)
                let found = try engine.range(shard, from: [], to: nil, descending: true, limit: 9)
                #expect(found == [MapEntry(key: [5], value: [5])])
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `the first to put a key is the one everybody sees`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                let answers = Monitor<[[UInt8]]>([])
                try inParallel(8) { i in
                    let answer = try engine.putIfAbsent(
                        [1], [UInt8(i)], in: EngineContract.shard, epoch: epoch)
                    answers.withLock { $0.append(answer) }
                }
                let standing = try engine.get([1], in: shard)
                #expect(answers.withLock { $0 }.allSatisfy { $0 == standing })
                #expect(try engine.putIfAbsent([1], [99], in: shard, epoch: epoch) == standing)
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `sixteen threads count up by compare and set`(_ kind: EngineKind) throws {
            try kind.withEngine { engine, epoch in
                try inParallel(16) { _ in
                    for _ in 0..<20 {
                        while true {
                            let old = try engine.get([1], in: EngineContract.shard)
                            let count = old.map { UInt16($0[0]) << 8 | UInt16($0[1]) } ?? 0
                            let new = [UInt8((count + 1) >> 8), UInt8((count + 1) & 255)]
                            if try engine.compareAndSet(
                                [1], expected: old, new, in: EngineContract.shard, epoch: epoch)
                            {
                                break
                            }
                        }
                    }
                }
                #expect(try engine.get([1], in: shard) == [1, 64])
                #expect(
                    try !engine.compareAndSet([1], expected: nil, [0], in: shard, epoch: epoch))
                #expect(
                    try !engine.compareAndSet([1], expected: [9], [0], in: shard, epoch: epoch))
                #expect(try engine.get([1], in: shard) == [1, 64])
            }
        }

        @Test(arguments: EngineKind.allCases)
        func `a crash leaves a prefix of the applied writes`(_ kind: EngineKind) throws {
            for seed in 0..<UInt64(Effort.rounds(20)) {
                try kind.withBench { bench in
                    let engine = try bench.open()
                    let epoch = try engine.claim()
                    var random = SeededRandom(seed: Effort.seed &+ seed)
                    let synced = Int(random.next() % 60)
                    for i in 0..<60 {
                        // Over two shards, each overwriting one key and leaving one behind.
                        let shards = [shard, Shard(table: 9, name: [1])]
                        try engine.apply(
                            shards.flatMap {
                                [
                                    ShardWrite($0, put: [0], [UInt8(i)]),
                                    ShardWrite($0, put: [1, UInt8(i)], [UInt8(i)]),
                                ]
                            }, epoch: epoch)
                        if i == synced { try engine.syncMaps(epoch: epoch) }
                    }
                    let again = try bench.crash(seed: Effort.seed &+ seed)
                    let last = try again.get([0], in: shard).map { Int($0[0]) } ?? -1
                    #expect(last >= synced, "\(Effort.replay)")
                    for other in [shard, Shard(table: 9, name: [1])] {
                        let found = try again.range(
                            other, from: [1], to: nil, descending: false, limit: 100)
                        #expect(found.map { Int($0.value[0]) } == Array(0..<(last + 1)))
                    }
                    try again.close()
                }
            }
        }
    }
}
