internal import AV
internal import Base
internal import FragmentFormat

/// Makes frames of the pieces of H.264 and H.265 that RTP brings: all packets of one RTP time are
/// one frame. Keeps the frame in hand in one buffer until it is known to be whole, because size and
/// parameter sets must be told before it. Lives on its source's thread.
struct FrameGatherer {
    static let bytesMax = 8 << 20
    /// What may wait for its picture: parameter sets and the like.
    static let carriedMax = 256 << 10

    /// What is known when a packet comes.
    struct Arrival {
        let time: FrameTime
        /// RTP time in the stream's units; nil for "as before".
        let stamp: Int64?
        /// Packets are missing before this one.
        let isAfterLoss: Bool
    }

    private let codec: Codec
    private let delivery: FrameDelivery
    private var bytes: [UInt8] = []
    private var carried: [UInt8] = []
    private var first: Arrival?
    /// Why the frame in hand cannot be used.
    private var broken: String?
    /// Frames depend on each other: after a hole none can be decoded exactly until the next key.
    private var hasHole = false
    private var shape: FrameShape
    private var numbers = FrameNumbers()
    private var order = PictureOrder()
    /// RTP time of a frame that was ended because it looked whole.
    private var endedEarly: Int64?

    init(_ codec: Codec, _ delivery: FrameDelivery) {
        self.codec = codec
        self.delivery = delivery
        shape = FrameShape(codec)
        let sets = delivery.parameterSets
        if codec == .h264 { numbers.read(sequence: sets.sequence) }
        if codec == .h265 { order.read(sequence: sets.sequence, picture: sets.picture) }
    }

    mutating func add(_ piece: Span<UInt8>, _ arrival: Arrival) throws(Failure) {
        if let first, let stamp = arrival.stamp, stamp != first.stamp {
            // The hole may be the end of the one or the beginning of the other.
            if arrival.isAfterLoss { broken = "packets were lost" }
            try end()
        }
        if first == nil {
            first = arrival
            broken = nil
            if let stamp = arrival.stamp, stamp == endedEarly {
                // What was handed on lacks this, so nothing after it decodes exactly either.
                broken = "it came after its frame had ended"
                shape.wasMistaken()
            }
            endedEarly = nil
            bytes += carried
            carried.removeAll(keepingCapacity: true)
        }
        if arrival.isAfterLoss { broken = "packets were lost" }
        guard bytes.count + piece.count <= Self.bytesMax else {
            broken = "it is larger than \(Self.bytesMax >> 20) MiB"
            return
        }
        shape.add(piece)
        bytes.append(span: piece)
        if shape.isTrusted { try pause() }
    }

    /// Nothing came for a while: a frame that looks whole is not kept waiting for the next.
    mutating func pause() throws(Failure) {
        guard let first, broken == nil, shape.looksWhole else { return }
        try end()
        endedEarly = first.stamp
    }

    /// The frame in hand is over.
    mutating func end() throws(Failure) {
        guard let first else { return }
        self.first = nil
        defer { bytes.removeAll(keepingCapacity: true) }
        if let broken {
            shape.drop()
            hasHole = true
            delivery.drop(broken)
            return
        }
        let units = AnnexB.units(in: bytes.span)
        let kinds = units.map { NALUnit.kind(bytes.span.extracting($0), codec: codec) }
        guard let last = kinds.lastIndex(where: Self.isSlice) else {
            // Parameter sets under an RTP time of their own belong to the picture that follows.
            if bytes.count <= Self.carriedMax { carry(units[...]) }
            shape.drop()
            return
        }
        // So do those that some cameras send under the time of the picture before.
        let own = units.indices.first { $0 > last && Self.announces(kinds[$0]) } ?? units.endIndex
        defer { carry(units[own...]) }
        let isKey = isKey(Array(units[..<own]), kinds)
        shape.end(isKey: isKey)
        if !follows(units[..<own], isKey) { hasHole = true }
        if hasHole, !isKey {
            delivery.drop("needs a frame that was lost")
            return
        }
        hasHole = false
        let frame = FrameDelivery.Frame(
            units: Array(units[..<own]), time: first.time, isKey: isKey)
        try delivery.deliver(frame, of: bytes, codec: codec)
    }

    /// Whether all frames that this one may need were sent. No packet is missing where the camera
    /// itself left a frame out, because its encoder or its network was overloaded.
    private mutating func follows(_ units: ArraySlice<Range<Int>>, _ isKey: Bool) -> Bool {
        func bodies(_ range: ClosedRange<UInt8>) -> [[UInt8]] {
            units.filter { range.contains(type(of: $0)) }.map { Array(bytes[$0]) }
        }
        func start(_ range: ClosedRange<UInt8>, _ count: Int) -> [UInt8]? {
            units.first { range.contains(type(of: $0)) }.map { Array(bytes[$0].prefix(count)) }
        }
        switch codec {
        case .h264:
            numbers.read(sequence: bodies(7...7))
            guard let slice = start(1...5, FrameNumbers.sliceBytesRead) else { return true }
            return numbers.follows(slice: slice, isKey: isKey)
        case .h265:
            order.read(sequence: bodies(33...33), picture: bodies(34...34))
            guard let slice = start(0...31, PictureOrder.sliceBytesRead) else { return true }
            return order.follows(slice: slice)
        case .mjpeg: return true
        }
    }

    private func type(of unit: Range<Int>) -> UInt8 {
        let header = bytes[unit.lowerBound]
        return codec == .h264 ? header & 31 : header >> 1 & 63
    }

    /// Called before the buffer is emptied; the units go to the front of the next frame.
    private mutating func carry(_ units: ArraySlice<Range<Int>>) {
        carried.removeAll(keepingCapacity: true)
        for unit in units { carried += [0, 0, 0, 1] + bytes[unit] }
    }

    private static func isSlice(_ kind: NALUnit.Kind) -> Bool {
        if case .slice = kind { true } else { false }
    }

    private static func announces(_ kind: NALUnit.Kind) -> Bool {
        switch kind {
        case .videoParameters, .sequenceParameters, .pictureParameters, .leading: true
        case .slice, .other: false
        }
    }

    /// IDR or IRAP; or, in H.264, an I-picture that says that decoding from it is exact.
    private func isKey(_ units: [Range<Int>], _ kinds: [NALUnit.Kind]) -> Bool {
        var recovers = false
        for (unit, kind) in zip(units, kinds) {
            if case .slice(let random) = kind {
                if random { return true }
                return recovers && NALUnit.isIntraSlice(bytes.span.extracting(unit))
            }
            if codec == .h264, NALUnit.isExactRecoveryPoint(bytes.span.extracting(unit)) {
                recovers = true
            }
        }
        return false
    }
}
