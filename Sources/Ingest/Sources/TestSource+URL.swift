package import Base

extension TestSource.Options {
    package static let sideMax = 4096
    package static let framesPerSecondMax = 240.0

    /// Reads `test:` URLs, such as `test:mjpeg?size=1280x720&fps=5`.
    package init(_ url: CameraURL) throws(Failure) {
        guard url.scheme == .test else {
            throw Failure(.invalid, "a test camera's URL begins with test:; write test:h264")
        }
        self.init()
        let parts = url.rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        if let name = parts.first, !name.isEmpty {
            guard let codec = Codec(rawValue: name.lowercased()) else {
                let known = Codec.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(.invalid, "a test camera sends one of \(known), not \(name)")
            }
            self.codec = codec
        }
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try set(String(words[0]), words.count == 2 ? String(words[1]) : "")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(Failure) {
        switch name {
        case "size": (width, height) = try Self.size(value)
        case "fps": framesPerSecond = try Self.rate(value)
        case "gop": keyInterval = try Self.number(name, value, 1...10_000)
        case "bf": bFrames = try Self.number(name, value, 0...8)
        case "slices": slices = try Self.number(name, value, 1...16)
        case "quality": quality = try Self.number(name, value, 1...100)
        case "code": code = UInt8(try Self.number(name, value, 0...255))
        case "hurry": isHurried = try Self.number(name, value, 0...1) == 1
        case "frames": frames = try Self.number(name, value, 0...Int(Int32.max))
        case "stall": stallsAt = try Self.number(name, value, 0...Int(Int32.max))
        case "fail": failsAt = try Self.number(name, value, 0...Int(Int32.max))
        case "shrink": shrinksAt = try Self.number(name, value, 0...Int(Int32.max))
        default:
            throw Failure(
                .invalid,
                "a test camera knows no \(name); it knows size, fps, gop, bf, slices, quality,"
                    + " code, hurry, frames, stall, fail and shrink")
        }
    }

    private static func number(
        _ name: String, _ value: String, _ range: ClosedRange<Int>
    ) throws(Failure) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw Failure(
                .invalid,
                "\(name) of a test camera is a number from \(range.lowerBound)"
                    + " to \(range.upperBound)")
        }
        return number
    }

    private static func rate(_ value: String) throws(Failure) -> Double {
        guard let rate = Double(value), rate > 0.01, rate <= framesPerSecondMax else {
            throw Failure(
                .invalid, "fps of a test camera is a number up to \(Int(framesPerSecondMax))")
        }
        return rate
    }

    private static func size(_ value: String) throws(Failure) -> (Int, Int) {
        let sides = value.split(separator: "x").map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1],
            TestPattern.widthMin...sideMax ~= width, TestPattern.heightMin...sideMax ~= height,
            width % 2 == 0, height % 2 == 0
        else {
            throw Failure(
                .invalid,
                "size of a test camera is WIDTHxHEIGHT in even numbers, from 128x48 to"
                    + " \(sideMax)x\(sideMax)")
        }
        return (width, height)
    }
}
