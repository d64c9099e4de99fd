package import Base
package import Evidence
package import EvidenceFormat

/// A picture that somebody wants.
package struct SnapRequest: Sendable {
    package var cameras: [String]
    /// Nil: now.
    package var at: WallTime?
    /// How far the frame may be from the asked instant.
    package var toleranceMicroseconds: Int64 = 1_000_000
    package var links: [Link] = []
    /// The caller's id: the same one again gets the same answer, and makes no second record.
    package var request: String?
    package var trigger: String?
    /// Frames before and after the one that was picked, whose instants are told.
    package var neighbours = 0
    package var author: Author

    package static let camerasMax = 16
    package static let neighboursMax = 50
    package static let toleranceMax: Int64 = 3_600_000_000

    package init(cameras: [String], by author: Author) {
        self.cameras = cameras
        self.author = author
    }
}

/// One camera's answer.
package struct SnapAnswer: Sendable {
    package let camera: String
    package let receipt: Receipt
    /// The frames around it, the picked one left out.
    package let neighbours: [WallTime]
    /// What the picture lacks when this answer repeats an earlier one: nothing but the bytes, which
    /// the log has.
    package let picture: [UInt8]
}

/// Why there is no picture. Never a stale one instead.
package enum SnapRefusal: String, Sendable {
    case unknownCamera = "unknown-camera"
    case cameraOff = "camera-off"
    case offline
    case noFrame = "no-frame"
    case expired
    case gap
    case future
    case clockSet = "clock-set"
}

/// A refusal with its kind for programs and its words for people.
package struct SnapFailure: Error, Sendable, CustomStringConvertible {
    package let refusal: SnapRefusal
    package let words: String
    /// Since when, or the gap's bounds, where there are some.
    package let from: WallTime?
    package let to: WallTime?

    init(_ refusal: SnapRefusal, _ words: String, from: WallTime? = nil, to: WallTime? = nil) {
        self.refusal = refusal
        self.words = words
        self.from = from
        self.to = to
    }

    package var description: String { words }
}
