internal import Base
internal import FragmentFormat

/// How far the camera's clock stands from ours, from what its frames claim. A claim arrives late,
/// never early, so the largest offset of late is the least delayed one; how much the others differ
/// is the error.
struct CameraClockEstimate {
    private static let windowCount = 32
    private var offsets: [Int64] = []
    private var next = 0
    private(set) var value: CameraClock?

    mutating func add(_ time: FrameTime) {
        guard let claim = time.claim else { return }
        let offset = claim.microseconds - time.received.microseconds
        if offsets.count < Self.windowCount {
            offsets.append(offset)
        } else {
            offsets[next] = offset
        }
        next = (next + 1) % Self.windowCount
        var high = offset
        var low = offset
        for other in offsets {
            high = max(high, other)
            low = min(low, other)
        }
        value = CameraClock(offsetMicroseconds: high, errorMicroseconds: high - low)
    }
}
