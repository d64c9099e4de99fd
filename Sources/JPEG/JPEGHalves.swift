/// Two JPEGs of the same kind, one picture above the other, as one.
enum JPEGHalves {
    /// Nil when they do not say the same of themselves but for their heights.
    ///
    /// - groups: how many groups of pixels the upper one has.
    static func joined(
        _ upper: [UInt8], _ lower: [UInt8], height: Int, groups: Int
    ) -> [UInt8]? {
        guard let above = Parts(upper), let below = Parts(lower) else { return nil }
        func head(_ jpeg: [UInt8], _ parts: Parts) -> [UInt8] {
            var head = Array(jpeg[..<parts.scan])
            head[parts.frame + 5] = UInt8(height >> 8)
            head[parts.frame + 6] = UInt8(height & 255)
            return head
        }
        let said = head(upper, above)
        guard said == head(lower, below) else { return nil }
        var whole: [UInt8] = []
        whole.reserveCapacity(upper.count + lower.count)
        whole += said
        // After so many groups comes a restart (DRI), the first of them (RST0).
        whole += [255, 0xDD, 0, 4, UInt8(groups >> 8), UInt8(groups & 255)]
        whole += upper[above.scan..<(upper.count - 2)]
        whole += [255, 0xD0]
        whole += lower[below.coded...]
        return whole
    }

    /// Where the frame header, the scan header and the coded picture begin.
    private struct Parts {
        private(set) var frame = 0
        private(set) var scan = 0
        private(set) var coded = 0

        /// Nil for anything but a baseline JPEG of one scan.
        init?(_ jpeg: [UInt8]) {
            guard jpeg.suffix(2) == [255, 0xD9] else { return nil }
            var at = 2
            while at + 4 <= jpeg.count, jpeg[at] == 255 {
                let next = at + 2 + Int(jpeg[at + 2]) << 8 + Int(jpeg[at + 3])
                switch jpeg[at + 1] {
                case 0xC0: frame = at
                case 0xDA:
                    (scan, coded) = (at, next)
                    if frame == 0 || next > jpeg.count { return nil }
                    return
                default: break
                }
                at = next
            }
            return nil
        }
    }
}
