internal import Base
internal import FragmentFormat
internal import Ingest
internal import JPEG

/// What a person would say of a picture at first sight. A flag never stops a capture: a dark
/// picture is evidence of darkness.
enum PictureFlags {
    static let tooDark = "too-dark"
    static let tooBright = "too-bright"
    static let blurred = "blurred"
    static let frozen = "frozen"
    static let sizeChanged = "size-changed"
    static let damaged = "damaged"
    static let swapped = "swapped"
    static let clockSet = "clock-set"

    private static let darkMean = 20
    private static let brightMean = 235
    /// Below this contrast there is nothing that could be sharp.
    private static let contrastMin = 6.0
    private static let sharpnessMin = 0.10

    static func of(_ grey: GreyPicture) -> [String] {
        var flags: [String] = []
        if grey.isDamaged { flags.append(damaged) }
        let (mean, contrast, sharpness) = measure(grey)
        if mean < Double(darkMean) { flags.append(tooDark) }
        if mean > Double(brightMean) { flags.append(tooBright) }
        if contrast >= contrastMin, sharpness < sharpnessMin { flags.append(blurred) }
        return flags
    }

    /// Mean brightness, its spread, and how sharp the sharpest edges are relative to it. A picture
    /// that is in focus has some hard edge somewhere; one that is not has none.
    static func measure(_ grey: GreyPicture) -> (mean: Double, contrast: Double, sharpness: Double)
    {
        let (width, height, pixels) = (grey.width, grey.height, grey.pixels)
        guard width >= 3, height >= 3 else { return (128, 0, 1) }
        var sum = 0
        var squares = 0
        var edges = [Int](repeating: 0, count: 256)
        for y in 1..<(height - 1) {
            let row = y * width
            for x in 1..<(width - 1) {
                let pixel = Int(pixels[row + x])
                sum += pixel
                squares += pixel * pixel
                let around =
                    Int(pixels[row + x - 1]) + Int(pixels[row + x + 1])
                    + Int(pixels[row + x - width]) + Int(pixels[row + x + width])
                edges[min(255, abs(4 * pixel - around) / 4)] += 1
            }
        }
        let count = (width - 2) * (height - 2)
        let mean = Double(sum) / Double(count)
        let contrast = max(0, Double(squares) / Double(count) - mean * mean).squareRoot()
        var left = max(1, count / 500)
        var sharpest = 255
        while sharpest > 0, edges[sharpest] < left {
            left -= edges[sharpest]
            sharpest -= 1
        }
        return (mean, contrast, contrast > 0 ? Double(sharpest) / contrast : 1)
    }

    /// The same picture again and again. A camera's sensor always has some noise; frames that say
    /// nothing new for a second come from a camera that hangs.
    static func isFrozen(_ stretch: Stretch) -> Bool {
        guard let first = stretch.samples.first else { return false }
        let length = stretch.wanted.instant.microseconds - first.instant.microseconds
        let others = stretch.samples.dropFirst()
        guard length >= 1_000_000, !others.isEmpty else { return false }
        let bytes = others.reduce(0) { $0 + Int($1.size) }
        return bytes / others.count < stretch.format.width * stretch.format.height / 4000
    }
}
