/// Walks over the bytes of one JPEG as they come, in pieces of any size, and tells whether the
/// picture is whole. It reads the markers and skips what is between them; it decodes nothing,
/// copies nothing and allocates nothing. A value: copy it to look ahead.
///
/// Segments are skipped by their length, so the end marker of a thumbnail inside one is not taken
/// for the picture's own.
package struct JPEGScanner: Sendable {
    package enum Verdict: Hashable, Sendable {
        /// From start to end marker, with a size and at least one scan.
        case whole
        /// Well formed as far as it goes, and it ended too early.
        case truncated
        /// Not a JPEG, or broken in the middle.
        case broken
    }

    private enum State {
        case start, startMarker, marker, markerByte, lengthHigh, lengthLow, segment
        case scan, scanMarker, ended, broken
    }

    private var state = State.start
    private var marker: UInt8 = 0
    private var segmentLeft = 0
    private var segmentOffset = 0
    private var isInScan = false
    private var hasScan = false
    private var frameSize = Size(width: 0, height: 0)
    /// Nil until the frame header (SOF) is complete; never empty.
    package private(set) var size: Size?
    /// Some cameras leave the Huffman tables out, because video always uses the same; see
    /// `JPEGTables`.
    package private(set) var hasHuffmanTables = false
    package private(set) var commentCount = 0
    /// Bytes seen, up to and with the end marker.
    package private(set) var byteCount = 0
    /// Bytes after the end marker that are more than padding (0x00, 0xFF, line ends, a second end
    /// marker).
    package private(set) var trailingCount = 0

    package init() {}

    /// Whether the end marker has been seen; what follows is not the picture any more.
    package var isEnded: Bool { state == .ended }
    package var isBroken: Bool { state == .broken }

    package var verdict: Verdict {
        switch state {
        case .ended: .whole
        case .broken, .start: .broken
        case .startMarker, .marker, .markerByte, .lengthHigh, .lengthLow, .segment, .scan,
            .scanMarker:
            .truncated
        }
    }

    /// Whether these are standard tables left out: whole, Huffman-coded, and without any table.
    package var lacksTables: Bool { hasScan && !hasHuffmanTables }

    /// Takes the next bytes; how many of them belong to the picture (fewer than given when it ends
    /// among them).
    @discardableResult
    package mutating func feed(_ bytes: Span<UInt8>) -> Int {
        var i = 0
        while i < bytes.count {
            switch state {
            case .scan:
                // The bulk of a picture: nothing but 0xFF matters here.
                while i < bytes.count, bytes[i] != 0xFF { i += 1 }
                if i < bytes.count {
                    state = .scanMarker
                    i += 1
                }
            case .segment where !isFrameHeader:
                let step = min(segmentLeft, bytes.count - i)
                segmentLeft -= step
                i += step
                if segmentLeft == 0 { endSegment() }
            case .ended:
                countTrailing(bytes.extracting(i..<bytes.count))
                byteCount += i
                return i
            case .start, .startMarker, .marker, .markerByte, .lengthHigh, .lengthLow, .segment,
                .scanMarker:
                step(bytes[i])
                i += 1
            case .broken:
                i = bytes.count
            }
        }
        byteCount += i
        return i
    }

    private mutating func step(_ byte: UInt8) {
        switch state {
        case .start: state = byte == 0xFF ? .startMarker : .broken
        case .startMarker: state = byte == 0xD8 ? .marker : .broken
        case .marker: state = byte == 0xFF ? .markerByte : .broken
        case .markerByte: begin(marker: byte)
        case .lengthHigh:
            segmentLeft = Int(byte) << 8
            state = .lengthLow
        case .lengthLow:
            segmentLeft += Int(byte) - 2
            segmentOffset = 0
            state = segmentLeft < 0 ? .broken : .segment
            if segmentLeft == 0 { endSegment() }
        case .segment: frameHeader(byte)
        case .scanMarker:
            // 0xFF00 is a stuffed byte, 0xFFD0 to 0xFFD7 restart the decoder, 0xFFFF is fill.
            switch byte {
            case 0x00, 0xD0...0xD7: state = .scan
            case 0xFF: break
            default: begin(marker: byte)
            }
        case .scan, .ended, .broken: break
        }
    }

    private mutating func begin(marker byte: UInt8) {
        marker = byte
        switch byte {
        case 0xFF: state = .markerByte
        case 0xD9: state = hasScan ? .ended : .broken
        case 0x01: state = isInScan ? .broken : .marker
        // Reserved, a second start, or a restart outside of a scan.
        case 0x00, 0x02...0xBF, 0xD0...0xD8, 0xF0...0xFD: state = .broken
        default: state = .lengthHigh
        }
        if byte == 0xC4 { hasHuffmanTables = true }
        if byte == 0xFE { commentCount += 1 }
    }

    /// SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    private var isFrameHeader: Bool {
        (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
    }

    /// Precision, height, width: `08 hh hh ww ww`.
    private mutating func frameHeader(_ byte: UInt8) {
        switch segmentOffset {
        case 1: frameSize = Size(width: 0, height: Int(byte) << 8)
        case 2: frameSize.height += Int(byte)
        case 3: frameSize.width = Int(byte) << 8
        case 4: frameSize.width += Int(byte)
        default: break
        }
        segmentOffset += 1
        segmentLeft -= 1
        if segmentLeft == 0 { endSegment() }
    }

    private mutating func endSegment() {
        if isFrameHeader {
            let isBroken = segmentOffset < 5 || frameSize.isEmpty
            if !isBroken { size = frameSize }
            state = isBroken ? .broken : .marker
            isInScan = false
        } else if marker == 0xDA {
            // A scan without a frame header has no size, and no decoder could read it.
            state = size == nil ? .broken : .scan
            hasScan = true
            isInScan = true
        } else {
            state = .marker
            isInScan = false
        }
    }

    private mutating func countTrailing(_ bytes: Span<UInt8>) {
        for i in bytes.indices {
            switch bytes[i] {
            case 0x00, 0xFF, 0x0A, 0x0D, 0xD9: break
            default: trailingCount += 1
            }
        }
    }
}

extension JPEGScanner {
    /// In pixels.
    package struct Size: Hashable, Sendable, CustomStringConvertible {
        package var width: Int
        package var height: Int

        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }

        package var isEmpty: Bool { width == 0 || height == 0 }
        package var description: String { "\(width)x\(height)" }
    }
}
