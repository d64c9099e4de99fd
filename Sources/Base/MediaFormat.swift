/// How the pictures of a stream are coded.
public enum Codec: String, Sendable, CaseIterable {
    case h264, h265, mjpeg

    /// Every frame stands for itself.
    public var isIntra: Bool { self == .mjpeg }
}

/// What a decoder must know of a stream before its first frame; constant until it says otherwise.
public struct StreamFormat: Hashable, Sendable {
    public let codec: Codec
    public let width: Int
    public let height: Int
    /// H.264: SPS then PPS; H.265: VPS, SPS, PPS. NAL units without start codes; none for MJPEG.
    public let parameterSets: [[UInt8]]

    public init(codec: Codec, width: Int, height: Int, parameterSets: [[UInt8]] = []) {
        self.codec = codec
        self.width = width
        self.height = height
        self.parameterSets = parameterSets
    }
}
