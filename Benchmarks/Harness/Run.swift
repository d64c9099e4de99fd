package import BenchPeers

/// What one contender did in one round.
package struct Run: Sendable {
    /// What a user would count: objects, leaves.
    package var operations: Int
    package var payloadBytes: Int
    /// 0 and empty where there is no such thing, as for a limit that touches no disk.
    package var writtenBytes: Int
    package var wallSeconds: Double
    package var cpuSeconds: Double
    /// Nanoseconds from asking to acknowledgement; one for each commit or each object.
    package var latencies: [UInt64]

    package init(
        operations: Int, payloadBytes: Int, writtenBytes: Int = 0, wallSeconds: Double,
        cpuSeconds: Double, latencies: [UInt64] = []
    ) {
        self.operations = operations
        self.payloadBytes = payloadBytes
        self.writtenBytes = writtenBytes
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
        self.latencies = latencies
    }

    package init(_ result: peer_result, operations: Int, latencies: [UInt64]) {
        self.init(
            operations: operations, payloadBytes: Int(result.payload_bytes),
            writtenBytes: Int(result.written_bytes), wallSeconds: result.wall_seconds,
            cpuSeconds: result.cpu_seconds, latencies: latencies)
    }

    var operationsPerSecond: Double { Double(operations) / wallSeconds }
    var bytesPerSecond: Double { Double(payloadBytes) / wallSeconds }
    var cpuSecondsPerGigabyte: Double { cpuSeconds / (Double(payloadBytes) / 1e9) }
    var writeAmplification: Double { Double(writtenBytes) / Double(payloadBytes) }
}

/// Measures code of ours exactly as the peers measure themselves.
package struct Meter {
    private var raw = peer_meter()
    private var result = peer_result()

    package init() { peer_meter_start(&raw) }

    package static var nanoseconds: UInt64 { peer_nanoseconds() }

    /// At the last acknowledgement. Without it, wall time runs until the end.
    package mutating func acknowledged() { peer_meter_stop_wall(&raw, &result) }

    /// When everything is closed.
    package mutating func finish(
        operations: Int, payloadBytes: Int, latencies: [UInt64]
    ) -> Run {
        if result.wall_seconds == 0 { acknowledged() }
        peer_meter_stop_work(&raw, &result)
        result.payload_bytes = UInt64(payloadBytes)
        return Run(result, operations: operations, latencies: latencies)
    }
}

/// Why a benchmark could not run; words for people.
package struct BenchFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ words: String) { description = words }
}
