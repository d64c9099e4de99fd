/// Why footage is missing; stands in `gap` leaves.
package enum GapCause: String, Sendable, CaseIterable {
    case camera, network, auth, disk, overload, restart, configuration
}

/// How far a connection came: the rungs of the diagnosis ladder, in order.
package enum Rung: Int, Sendable, CaseIterable, Comparable {
    /// The URL makes sense, its host has an address; the device is there.
    case address
    /// A route leads there, and whether it is the same network.
    case route
    /// Something answers on the port; the device can be opened.
    case port
    /// It speaks the protocol.
    case reply
    case login
    /// The path, stream or mode exists.
    case path
    /// The stream is coded in a way we know.
    case codec
    case firstFrame
    case keyframes
    case clock

    package static func < (a: Rung, b: Rung) -> Bool { a.rawValue < b.rawValue }
}

/// Why a source ended. Words never hold credentials.
package struct SourceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let cause: GapCause
    /// The rung that did not hold.
    package let rung: Rung
    /// One plain sentence: what is wrong.
    package let words: String
    /// What to do about it.
    package let remedy: String

    package init(_ cause: GapCause, at rung: Rung, _ words: String, remedy: String) {
        self.cause = cause
        self.rung = rung
        self.words = words
        self.remedy = remedy
    }

    package var description: String { "\(words); \(remedy)" }
}
