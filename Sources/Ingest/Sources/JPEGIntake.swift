internal import Base
internal import FragmentFormat

/// Passes JPEG pictures to a sink as their bytes come in, and lets only whole ones count. Bytes go
/// straight through, except those before the frame header: without it the picture has no size, and
/// the sink wants that first. Lives on its source's thread.
final class JPEGIntake {
    static let pictureBytesMax = 32 << 20
    /// What may stand before the frame header: comments, colour profiles, a thumbnail.
    static let headBytesMax = 1 << 20
    /// After the end marker; some cameras append a little of their own.
    static let trailingBytesMax = 4096

    private let sink: any FrameSink
    private var scanner = JPEGScanner()
    private var time: FrameTime?
    private var head: [UInt8] = []
    private var byteCount = 0
    private var hasStarted = false
    private var broken: String?
    private var size: JPEGScanner.Size?

    private(set) var wholeCount = 0
    private(set) var droppedCount = 0
    /// Dropped since the last whole one.
    private(set) var droppedInARow = 0
    private(set) var lastDrop = ""
    /// Whether the latest picture left out its Huffman tables, as some USB cameras' do.
    private(set) var lacksTables = false

    init(_ sink: any FrameSink) { self.sink = sink }

    var isInPicture: Bool { time != nil }
    /// The picture in hand has its end marker.
    var isWhole: Bool { isInPicture && broken == nil && scanner.isEnded }
    var pictureByteCount: Int { byteCount }

    /// A picture begins, whose first byte came at `time`.
    func start(_ time: FrameTime) {
        if isInPicture { drop("cut off") }
        self.time = time
        scanner = JPEGScanner()
        head.removeAll(keepingCapacity: true)
        byteCount = 0
        hasStarted = false
        broken = nil
    }

    func add(_ bytes: Span<UInt8>) throws(Failure) {
        guard let time, broken == nil, !bytes.isEmpty else { return }
        byteCount += bytes.count
        scanner.feed(bytes)
        if scanner.isBroken { broken = "not a JPEG" }
        if byteCount > Self.pictureBytesMax {
            broken = "larger than \(Self.pictureBytesMax >> 20) MiB"
        }
        if broken != nil { return }
        if hasStarted { return try sink.add(bytes) }
        guard let size = scanner.size else {
            head.append(span: bytes)
            if head.count > Self.headBytesMax { broken = "no size in its first MiB" }
            return
        }
        if size != self.size {
            try sink.begin(StreamFormat(codec: .mjpeg, width: size.width, height: size.height))
            self.size = size
        }
        try sink.startFrame(time)
        hasStarted = true
        let head = self.head
        if !head.isEmpty { try sink.add(head.span) }
        try sink.add(bytes)
    }

    /// The picture is over. False: it was not whole, and was dropped.
    @discardableResult
    func end() throws(Failure) -> Bool {
        guard isInPicture else { return false }
        if let broken {
            drop(broken)
        } else if scanner.trailingCount > Self.trailingBytesMax {
            drop("\(scanner.trailingCount) bytes after its end")
        } else if scanner.verdict != .whole || !hasStarted {
            drop(byteCount == 0 ? "empty" : "cut off after \(byteCount) bytes")
        } else {
            lacksTables = scanner.lacksTables
            time = nil
            wholeCount += 1
            droppedInARow = 0
            try sink.endFrame(key: true)
            return true
        }
        return false
    }

    /// The picture in hand cannot be used.
    func drop(_ reason: String) {
        time = nil
        droppedCount += 1
        droppedInARow += 1
        lastDrop = reason
        sink.dropFrame(reason)
    }
}
