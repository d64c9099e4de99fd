import FragmentFormat

/// What a camera sends of its stream, in pieces with their length before them: nothing in them may
/// stop the server, and who is told the same twice says the same twice.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var units: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
        let unit = bytes[(at + 1)...].prefix(Int(bytes[at]))
        at += 1 + unit.count
        if !unit.isEmpty { units.append(Array(unit)) }
    }
    precondition(numbers(units) == numbers(units))
    precondition(order(units) == order(units))
    return 0
}

/// Whether each frame follows the one before, by H.264.
func numbers(_ units: [[UInt8]]) -> [Bool] {
    var numbers = FrameNumbers()
    return units.compactMap { unit in
        if unit[0] & 31 == 7 {
            numbers.read(sequence: [unit])
            return nil
        }
        return numbers.follows(slice: unit, isKey: unit[0] & 31 == 5)
    }
}

/// The same by H.265.
func order(_ units: [[UInt8]]) -> [Bool] {
    var order = PictureOrder()
    return units.compactMap { unit in
        switch unit[0] >> 1 & 63 {
        case 33: order.read(sequence: [unit], picture: [])
        case 34: order.read(sequence: [], picture: [unit])
        default: return order.follows(slice: unit)
        }
        return nil
    }
}
