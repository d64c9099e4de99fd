package import Base

/// What the keys of one device mean: a key, or letters that a scanner types and ends with Enter.
/// Takes presses, returns what they make; no device and no clock inside.
package struct KeyStream {
    package enum Made: Hashable, Sendable {
        case key(String, at: WallTime)
        /// At the instant of its first letter, which is when the scanner saw it.
        case code(String, at: WallTime)
        /// Letters that were no code.
        case nothing
    }

    /// A scanner types a letter every few milliseconds; what pauses longer begins anew.
    private static let pauseMicroseconds: Int64 = 1_000_000

    private let scans: Bool
    private var letters = ""
    private var began: WallTime?
    private var last: WallTime?
    private var shifts: Set<UInt16> = []
    private var isTooLong = false

    package init(scans: Bool) { self.scans = scans }

    /// - isDown: pressed now; else let go of.
    package mutating func take(_ code: UInt16, isDown: Bool, at: WallTime) -> Made? {
        if KeyNames.shifts.contains(code) {
            if isDown { shifts.insert(code) } else { shifts.remove(code) }
            if scans { return nil }
        }
        guard isDown else { return nil }
        guard scans else { return .key(KeyNames.name(code), at: at) }
        if let last, at.microseconds - last.microseconds > Self.pauseMicroseconds { forget() }
        last = at
        if KeyNames.enters.contains(code) { return finish() }
        guard let letter = KeyNames.letter(code, shifted: !shifts.isEmpty) else { return nil }
        if began == nil { began = at }
        guard letters.utf8.count < CodePattern.codeBytesMax else {
            isTooLong = true
            return nil
        }
        letters.append(letter)
        return nil
    }

    private mutating func finish() -> Made? {
        defer { forget() }
        guard let began, !letters.isEmpty else { return nil }
        return isTooLong ? .nothing : .code(letters, at: began)
    }

    /// After keys were lost, or the device was unplugged.
    package mutating func forget() {
        letters = ""
        began = nil
        last = nil
        isTooLong = false
    }

    /// What is held down, is let go of when the device is another one.
    package mutating func reset() {
        forget()
        shifts = []
    }
}
