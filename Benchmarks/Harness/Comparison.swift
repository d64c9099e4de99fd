/// One way to do the work. `run` makes its files, does the work once and removes them.
package struct Contender {
    package let name: String
    let run: () throws -> Run

    package init(_ name: String, run: @escaping () throws -> Run) {
        self.name = name
        self.run = run
    }
}

/// The same work by several contenders in one process, taking turns.
///
/// The machine's speed drifts by a factor of two within an hour, so an absolute number of another
/// day proves nothing. A ratio of two runs of the same round does. Rounds alternate in direction,
/// so that a drift within a round favours nobody.
package struct Comparison {
    let name: String
    let contenders: [Contender]

    /// The first contender is the subject: every other one gets a ratio subject ÷ other.
    package init(_ name: String, _ contenders: [Contender]) {
        precondition(!contenders.isEmpty)
        self.name = name
        self.contenders = contenders
    }

    var subjectAlone: Comparison { Comparison(name, [contenders[0]]) }

    /// One warm-up round in order, whose numbers are dropped, then `rounds` that count. `settle`
    /// runs before each run, off the clock: nobody shall pay for what the one before left to do.
    package func measure(
        rounds: Int, warmUps: Int = 1, settle: () -> Void = {}
    ) throws -> Outcome {
        var runs = [[Run]](repeating: [], count: contenders.count)
        for round in 0..<(warmUps + rounds) {
            let order = Array(contenders.indices)
            for index in round % 2 == 0 ? order : order.reversed() {
                let run: Run
                settle()
                do {
                    run = try contenders[index].run()
                } catch {
                    throw BenchFailure("\(name), \(contenders[index].name): \(error)")
                }
                if round >= warmUps { runs[index].append(run) }
            }
        }
        let rows = zip(contenders, runs).map { Outcome.Row($0.name, $1, subject: runs[0]) }
        return Outcome(name: name, rows: rows)
    }
}

/// What a comparison found, reduced to the numbers that are shown.
package struct Outcome {
    package let name: String
    package let rows: [Row]

    package struct Row {
        package let name: String
        package let rounds: Int
        package let operationsPerSecond: Spread
        package let megabytesPerSecond: Spread
        package let cpuSecondsPerGigabyte: Spread
        package let writeAmplification: Spread?
        /// Microseconds over all rounds; median and 99th percentile.
        package let latency: (p50: Double, p99: Double, min: Double, max: Double)?
        /// Payload rate of the subject ÷ of this one, round by round.
        package let subjectRatio: Spread

        init(_ name: String, _ runs: [Run], subject: [Run]) {
            self.name = name
            rounds = runs.count
            operationsPerSecond = Spread(runs.map(\.operationsPerSecond))
            megabytesPerSecond = Spread(runs.map { $0.bytesPerSecond / 1e6 })
            cpuSecondsPerGigabyte = Spread(runs.map(\.cpuSecondsPerGigabyte))
            writeAmplification =
                runs.allSatisfy { $0.writtenBytes == 0 }
                ? nil : Spread(runs.map(\.writeAmplification))
            subjectRatio = Spread(
                zip(subject, runs).map { $0.bytesPerSecond / $1.bytesPerSecond })
            let latencies = runs.flatMap(\.latencies)
            func microseconds(_ percent: Int) -> Double {
                Double(percentile(percent, of: latencies)) / 1e3
            }
            latency =
                latencies.isEmpty
                ? nil
                : (
                    microseconds(50), microseconds(99), Double(latencies.min()!) / 1e3,
                    microseconds(100)
                )
        }
    }
}
