extension Clock {
    /// Between two looks at the monotonic clock the wall clock is read; a longer time between them
    /// says too little about how the one stands to the other.
    private var hastyNanoseconds: UInt64 { 50_000 }
    private var uselessNanoseconds: UInt64 { 5_000_000 }

    /// How the wall clock is set now. It is `known` as long as nobody has set it, so that instants
    /// do not move with the errors of reading two clocks.
    public func setting(after known: ClockSetting) -> ClockSetting {
        var best = UInt64.max
        var offset = known.offset
        // Whoever loses the processor between the looks tries again.
        for _ in 0..<5 {
            let before = monotonicNanoseconds
            let wall = now
            let after = monotonicNanoseconds
            let span = after &- before
            if span < best {
                best = span
                offset = wall.microseconds &- Int64((before &+ span / 2) / 1000)
            }
            if best < hastyNanoseconds { break }
        }
        let setting = ClockSetting(boot: boot, offset: offset)
        if setting.isSame(as: known) { return known }
        return best > uselessNanoseconds && known.boot == boot ? known : setting
    }
}
