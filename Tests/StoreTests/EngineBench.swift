import Base
import Linux
import Store
import TestSupport

/// The engines that the contract is held against.
enum EngineKind: CaseIterable, Sendable {
    case embedded
    /// The embedded engine on a disk that loses what was not synced.
    case embeddedOnFaultyDisk
    case simulated

    /// Runs `body` with an open, claimed engine, then closes it.
    func withEngine(_ body: (any StorageEngine, Epoch) throws -> Void) throws {
        try withBench { bench in
            let engine = try bench.open()
            try body(engine, try engine.claim())
            try engine.close()
        }
    }

    /// The bench, and with it the folder, lives until `body` is done.
    func withBench(_ body: (any EngineBench) throws -> Void) throws {
        let bench = bench()
        try body(bench)
        withExtendedLifetime(bench) {}
    }

    private func bench() -> any EngineBench {
        switch self {
        case .embedded: EmbeddedBench()
        case .embeddedOnFaultyDisk: FaultyBench()
        case .simulated: SimulatedBench()
        }
    }
}

/// One store, opened again and again.
protocol EngineBench: AnyObject {
    /// Opens the store; the engine before must be closed.
    func open() throws -> any StorageEngine
    /// The store as a crash at this moment leaves it, opened; the old engine stays behind.
    func crash(seed: UInt64) throws -> any StorageEngine
    /// Another writer takes the store over while `engine` is open.
    func claimElsewhere(_ engine: any StorageEngine) throws -> Epoch
    /// Whether appended bytes that were not synced are sure to survive a crash.
    var keepsUnsyncedAppends: Bool { get }
}

/// Engines that a crash left behind, with their folders. RocksDB waits for a second when its folder
/// goes away first.
private final class LeftBehind {
    private var entries: [(engine: any StorageEngine, folder: Scratch)] = []

    func add(_ engine: any StorageEngine, _ folder: Scratch) { entries.append((engine, folder)) }

    deinit {
        for entry in entries { try? entry.engine.close() }
    }
}

/// A crash is a killed process: the kernel keeps what was written, memtables are gone.
private final class EmbeddedBench: EngineBench {
    private var folder = Scratch()
    private let left = LeftBehind()
    private var current: (any StorageEngine)?

    func open() throws -> any StorageEngine {
        let engine = try EmbeddedEngine(folder.path)
        current = engine
        return engine
    }

    func crash(seed: UInt64) throws -> any StorageEngine {
        let copy = folder.snapshot()
        if let current { left.add(current, folder) }
        folder = copy
        return try open()
    }

    /// The lock keeps other processes out, so only the same engine can be claimed again.
    func claimElsewhere(_ engine: any StorageEngine) throws -> Epoch { try engine.claim() }

    var keepsUnsyncedAppends: Bool { true }
}

private final class FaultyBench: EngineBench {
    private var folder = Scratch()
    private var files: FaultyFileSystem
    private let left = LeftBehind()
    private var current: (any StorageEngine)?

    init() { files = FaultyFileSystem(root: folder.path) }

    func open() throws -> any StorageEngine {
        let engine = try EmbeddedEngine(folder.path, files: files)
        current = engine
        return engine
    }

    func crash(seed: UInt64) throws -> any StorageEngine {
        let copy = folder.snapshot()
        files = files.image(.torn(seed: seed), root: copy.path)
        if let current { left.add(current, folder) }
        folder = copy
        return try open()
    }

    func claimElsewhere(_ engine: any StorageEngine) throws -> Epoch { try engine.claim() }

    var keepsUnsyncedAppends: Bool { false }
}

private final class SimulatedBench: EngineBench {
    private let cluster = SimulatedCluster()

    func open() throws -> any StorageEngine { SimulatedEngine(cluster) }

    func crash(seed: UInt64) throws -> any StorageEngine {
        cluster.powerCut(seed: seed)
        return SimulatedEngine(cluster)
    }

    func claimElsewhere(_ engine: any StorageEngine) throws -> Epoch {
        try SimulatedEngine(cluster).claim()
    }

    var keepsUnsyncedAppends: Bool { false }
}
