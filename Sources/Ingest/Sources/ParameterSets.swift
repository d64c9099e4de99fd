internal import AV
internal import Base

/// The parameter sets of a stream as they are now: those of the SDP until the stream itself says
/// otherwise. A set replaces those of its kind; several that come in one picture stay together.
struct ParameterSets: Equatable {
    private var video: [[UInt8]] = []
    private(set) var sequence: [[UInt8]] = []
    private(set) var picture: [[UInt8]] = []

    /// More than any stream has, so that none can make us keep ever more of them.
    static let setsMax = 16
    static let bytesMax = 64 << 10

    /// In the order that `StreamFormat` wants.
    var all: [[UInt8]] { video + sequence + picture }

    func isComplete(for codec: Codec) -> Bool {
        !sequence.isEmpty && !picture.isEmpty && (codec != .h265 || !video.isEmpty)
    }

    /// Takes in the sets among some NAL units.
    mutating func update(from units: [Range<Int>], of bytes: Span<UInt8>, codec: Codec) {
        var found = ParameterSets()
        for unit in units where unit.count <= Self.bytesMax {
            let span = bytes.extracting(unit)
            switch NALUnit.kind(span, codec: codec) {
            case .videoParameters: Self.add(span, to: &found.video)
            case .sequenceParameters: Self.add(span, to: &found.sequence)
            case .pictureParameters: Self.add(span, to: &found.picture)
            case .slice, .leading, .other: break
            }
        }
        if !found.video.isEmpty { video = found.video }
        if !found.sequence.isEmpty { sequence = found.sequence }
        if !found.picture.isEmpty { picture = found.picture }
    }

    private static func add(_ unit: Span<UInt8>, to sets: inout [[UInt8]]) {
        let bytes = unit.array()
        if sets.count < setsMax, !sets.contains(bytes) { sets.append(bytes) }
    }
}
