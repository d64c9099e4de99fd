package import Base

/// Cuts `multipart/x-mixed-replace` (RFC 2046 as cameras speak it) into parts, from bytes in pieces
/// of any size. No I/O, bounded memory.
///
/// Cameras get this format wrong in every way there is, so the parser goes by what stands in the
/// stream: the first line is the boundary, whatever the header declared, and a part ends where the
/// boundary stands, whatever its Content-Length says. The length is passed on as a hint.
package struct MultipartParser: Sendable {
    package static let boundaryBytesMax = 200
    package static let headerBytesMax = 16 << 10
    /// What may stand before the first boundary.
    package static let preambleBytesMax = 64 << 10
    static let lineBytesMax = 1 << 10

    package enum Event: Hashable, Sendable {
        /// All of the input is used up.
        case needsMore
        case partBegan(PartHeader)
        /// The next bytes of the part: this range of the input.
        case body(Range<Int>)
        /// The next bytes of the part: this range of `held`. They came with an earlier input and
        /// looked like the start of a boundary.
        case heldBody(Range<Int>)
        case partEnded
        /// The closing boundary; nothing follows.
        case ended
        /// Not multipart, or beyond a limit; nothing follows.
        case failed(String)
    }

    private enum State {
        case preamble, afterBoundary, header, body, ended, failed
    }

    private var state = State.preamble
    private let declared: [UInt8]
    /// CR, LF, then the boundary with its dashes, once known.
    package private(set) var held: [UInt8] = [0x0D, 0x0A]
    /// How much of `held` stands at the end of the last input: a range, because CR may be missing.
    private var pending = 0..<0
    /// The current line, without its end; cut at `lineBytesMax`.
    private var line: [UInt8] = []
    private var sectionBytes = 0
    private var hasLines = false
    private var header = PartHeader()

    /// `boundary`: what the Content-Type declares, if anything.
    package init(boundary: String?) {
        var text = Array((boundary ?? "").utf8)
        if text.count >= 2, text.first == 0x22, text.last == 0x22 {
            text = Array(text.dropFirst().dropLast())
        }
        declared = Array(text.prefix(Self.boundaryBytesMax))
        line.reserveCapacity(Self.lineBytesMax)
    }

    /// The next event in `input` from `position` on, which moves. Call again with the same input
    /// until it says `needsMore`.
    package mutating func next(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        while true {
            switch state {
            case .preamble:
                guard readLine(input, &position, max: Self.preambleBytesMax) else { break }
                if isBoundary(line) { beginBoundary() }
                hasLines = hasLines || !line.isEmpty
                line.removeAll(keepingCapacity: true)
                continue
            case .afterBoundary:
                guard readLine(input, &position, max: Self.headerBytesMax) else { break }
                let closes = line.starts(with: [0x2D, 0x2D])
                line.removeAll(keepingCapacity: true)
                if closes { return end(.ended) }
                state = .header
                header = PartHeader()
                continue
            case .header:
                guard readLine(input, &position, max: Self.headerBytesMax) else { break }
                defer { line.removeAll(keepingCapacity: true) }
                if line.isEmpty {
                    state = .body
                    // The end of the header's last line may also be the start of a boundary.
                    pending = 2..<2
                    return .partBegan(header)
                }
                header.take(line: line)
                continue
            case .body:
                return readBody(input, &position)
            case .ended:
                return .ended
            case .failed:
                return .failed("the stream had failed before")
            }
            if sectionBytes > sectionMax { return end(.failed(limitWords)) }
            return .needsMore
        }
    }

    private var sectionMax: Int {
        state == .preamble ? Self.preambleBytesMax : Self.headerBytesMax
    }

    private var limitWords: String {
        state == .preamble
            ? "no boundary in the first \(Self.preambleBytesMax / 1024) KiB"
            : "a part's header is larger than \(Self.headerBytesMax / 1024) KiB"
    }

    private mutating func end(_ event: Event) -> Event {
        state = event == .ended ? .ended : .failed
        return event
    }

    // MARK: - Lines

    /// True when `line` is complete. False: out of input, or over the section's limit.
    private mutating func readLine(
        _ input: Span<UInt8>, _ position: inout Int, max sectionMax: Int
    ) -> Bool {
        while position < input.count, sectionBytes <= sectionMax {
            let byte = input[position]
            position += 1
            sectionBytes += 1
            if byte == 0x0A {
                if line.last == 0x0D { line.removeLast() }
                return true
            }
            if line.count < Self.lineBytesMax { line.append(byte) }
        }
        return false
    }

    /// The declared boundary in any dress; or, as the first line of all, whatever begins with
    /// dashes.
    private func isBoundary(_ line: [UInt8]) -> Bool {
        let bare = trimmed(line)
        guard !bare.isEmpty, bare.count <= Self.boundaryBytesMax else { return false }
        // Finding a boundary relies on there being no line end in it, not even half of one.
        guard !bare.contains(where: { $0 < 0x20 }) else { return false }
        if !declared.isEmpty, bare == declared || bare == [0x2D, 0x2D] + declared { return true }
        return !hasLines && bare.count > 2 && bare.starts(with: [0x2D, 0x2D])
    }

    private func trimmed(_ line: [UInt8]) -> [UInt8] {
        var bare = line
        while let last = bare.last, last == 0x20 || last == 0x09 { bare.removeLast() }
        return bare
    }

    private mutating func beginBoundary() {
        held = [0x0D, 0x0A] + trimmed(line)
        state = .header
        header = PartHeader()
        sectionBytes = 0
    }

    // MARK: - Bodies

    private mutating func readBody(_ input: Span<UInt8>, _ position: inout Int) -> Event {
        if !pending.isEmpty || pending.lowerBound == 2 {
            if let event = goOnMatching(input, &position) { return event }
        }
        guard position < input.count else { return .needsMore }
        let start = position
        var i = start
        while i < input.count {
            if input[i] != 0x0A {
                i += 1
                continue
            }
            let lineStart = i > start && input[i - 1] == 0x0D ? i - 1 : i
            let matched = match(input, after: i + 1)
            if matched == held.count - 2 {
                position = i + 1 + matched
                return bodyThenEnd(start..<lineStart)
            }
            if i + 1 + matched == input.count {
                pending = (lineStart < i ? 0 : 1)..<(2 + matched)
                position = input.count
                return lineStart > start ? .body(start..<lineStart) : .needsMore
            }
            i += 1
        }
        position = input.count
        // A carriage return at the very end may belong to the boundary.
        if input[input.count - 1] == 0x0D {
            pending = 0..<1
            return input.count - 1 > start ? .body(start..<(input.count - 1)) : .needsMore
        }
        return .body(start..<input.count)
    }

    /// How many bytes of the boundary stand at `offset`.
    private func match(_ input: Span<UInt8>, after offset: Int) -> Int {
        var count = 0
        while offset + count < input.count, 2 + count < held.count,
            input[offset + count] == held[2 + count]
        {
            count += 1
        }
        return count
    }

    /// The part's last bytes, and its end with the next call.
    private mutating func bodyThenEnd(_ range: Range<Int>) -> Event {
        guard !range.isEmpty else { return endPart() }
        pending = 0..<held.count
        return .body(range)
    }

    private mutating func endPart() -> Event {
        pending = 0..<0
        sectionBytes = 0
        state = .afterBoundary
        return .partEnded
    }

    /// Bytes of earlier inputs looked like a boundary: they are one now, or they are body after
    /// all. Nil: nothing is pending any more.
    private mutating func goOnMatching(_ input: Span<UInt8>, _ position: inout Int) -> Event? {
        while position < input.count, pending.upperBound < held.count {
            guard input[position] == held[pending.upperBound] else {
                // The boundary has no line end inside, so it cannot begin within what was held.
                let event = Event.heldBody(pending)
                let wasEmpty = pending.isEmpty
                pending = 0..<0
                return wasEmpty ? nil : event
            }
            pending = pending.lowerBound..<(pending.upperBound + 1)
            position += 1
        }
        return pending.upperBound == held.count ? endPart() : .needsMore
    }
}

/// What a part says of itself.
package struct PartHeader: Hashable, Sendable {
    package private(set) var contentLength: Int?
    /// Lower case, without parameters.
    package private(set) var contentType: String?
    /// `X-Timestamp`: seconds since 1970, with a fraction.
    package private(set) var timestamp: WallTime?

    package init() {}

    mutating func take(line: [UInt8]) {
        guard let colon = line.firstIndex(of: 0x3A) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        let text = String(decoding: value, as: UTF8.self)
        switch name {
        case "content-length": contentLength = Int(text).flatMap { $0 >= 0 ? $0 : nil }
        case "content-type":
            contentType = text.prefix { $0 != ";" && $0 != " " }.lowercased()
        case "x-timestamp": timestamp = WallTime(unixSeconds: text)
        default: break
        }
    }
}

extension WallTime {
    /// `1763676000.123456`; nil for what is no plausible instant.
    init?(unixSeconds text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let seconds = Int64(parts[0]), seconds > 0,
            seconds < WallTime.distantFuture.microseconds / 1_000_000
        else { return nil }
        var fraction: Int64 = 0
        let digits = Array((parts.count == 2 ? parts[1] : "").utf8.prefix(6))
        for i in 0..<6 {
            guard i >= digits.count || (0x30...0x39).contains(digits[i]) else { return nil }
            fraction = fraction * 10 + (i < digits.count ? Int64(digits[i] - 0x30) : 0)
        }
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}
