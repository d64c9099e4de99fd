internal import AV
internal import Base

/// Tells when a frame is whole before the next one begins, which at 5 frames a second is 200 ms
/// sooner. libavformat hides RTP's marker bit, so this is a guess: packetisers fill all fragments
/// of a NAL unit except the last, so a frame looks whole when its last piece is a short one of a
/// slice and it has as many slices as the one before. How each guess would have turned out is seen
/// when the next frame begins; only a stream whose guesses have all been right for a while is
/// trusted, and the first wrong one ends that for as long as the connection lasts.
struct FrameShape {
    static let rightGuessesMin = 50
    static let rightKeysMin = 2

    private let codec: Codec
    /// The longest fragment that was not a unit's first, in the whole stream.
    private var longestFragment = 0
    private var usualSlices = 0
    private var rightGuesses = 0
    private var rightKeys = 0
    private var wasWrong = false

    // The frame in hand.
    private var pieces = 0
    private var slices = 0
    private var lastPayload = 0
    private var isInSlice = false
    private var guessedAt: Int?

    /// Before any fragment was seen: less than what packetisers usually cut at.
    private static let certainlyShort = 1000

    init(_ codec: Codec) { self.codec = codec }

    var looksWhole: Bool {
        let limit = longestFragment > 0 ? longestFragment : Self.certainlyShort
        return isInSlice && slices >= max(1, usualSlices) && lastPayload < limit
    }

    /// Whether `looksWhole` is as good as certain.
    var isTrusted: Bool {
        !wasWrong && rightGuesses >= Self.rightGuessesMin && rightKeys >= Self.rightKeysMin
    }

    mutating func add(_ piece: Span<UInt8>) {
        pieces += 1
        let opening = Self.startCodeLength(piece)
        if opening > 0 {
            isInSlice = false
            let unit = piece.extracting(droppingFirst: opening)
            if case .slice = NALUnit.kind(unit, codec: codec) { isInSlice = true }
            if isInSlice { slices += 1 }
            // The first fragment brings a header byte that the others do not repeat.
            lastPayload = unit.count - 1
        } else {
            lastPayload = piece.count
            longestFragment = max(longestFragment, lastPayload)
        }
        if guessedAt == nil, longestFragment > 0, looksWhole { guessedAt = pieces }
    }

    private static func startCodeLength(_ piece: Span<UInt8>) -> Int {
        guard piece.count > 4, piece[0] == 0, piece[1] == 0 else { return 0 }
        if piece[2] == 1 { return 3 }
        return piece[2] == 0 && piece[3] == 1 ? 4 : 0
    }

    /// The frame in hand is over.
    mutating func end(isKey: Bool) {
        if let guessedAt {
            if guessedAt == pieces {
                rightGuesses += 1
                if isKey { rightKeys += 1 }
            } else {
                wasWrong = true
            }
        }
        usualSlices = slices
        drop()
    }

    /// The frame in hand teaches nothing.
    mutating func drop() {
        (pieces, slices, lastPayload, isInSlice, guessedAt) = (0, 0, 0, false, nil)
    }

    /// More came of a frame that was taken for whole.
    mutating func wasMistaken() { wasWrong = true }
}
