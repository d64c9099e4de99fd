internal import Base
internal import EvidenceFormat
internal import JPEG
internal import Linux

/// Small pictures of large ones, for whoever looks through many. Made when they are asked for, and
/// the latest ones are kept in memory; they are no evidence, and nothing of them is stored.
final class Thumbnails: Sendable {
    static let sides: ClosedRange<Int64> = 16...1024
    static let sideDefault: Int64 = 256
    /// Larger originals would take too much memory, as some JPEGs are decoded as a whole.
    static let pixelsMax = 64 << 20
    /// Made at a time, so that the rest of the server has memory and processors.
    static let makingMax = 2
    /// Who wait for their turn; each keeps a worker from other work.
    static let waitingMax = 14
    private static let quality = 80

    /// What it must fit into.
    struct Box: Hashable {
        let width: Int
        let height: Int
    }

    struct Picture: Sendable {
        let width: Int
        let height: Int
        let bytes: [UInt8]
    }

    private struct Key: Hashable {
        let id: RecordID
        let box: Box
    }

    private struct State {
        var kept: TwoGenerations<Key, Picture>
        var making = 0
        var waiting = 0
    }

    private let state: Monitor<State>

    init(keptBytesMax: Int = 16 << 20) {
        state = Monitor(State(kept: TwoGenerations(costMax: keptBytesMax)))
    }

    /// `original` is called when it must be made.
    func picture(
        of id: RecordID, in box: Box, _ original: () throws(Failure) -> [UInt8]
    ) throws(Failure) -> Picture {
        let key = Key(id: id, box: box)
        if let known = try begin(key) { return known }
        defer {
            state.withLock { $0.making -= 1 }
            state.signal()
        }
        let made = try Self.make(try original(), id, box)
        state.withLock { $0.kept.keep(made, for: key, cost: made.bytes.count) }
        return made
    }

    /// A known one, or nil when it is the caller's turn to make it.
    private func begin(_ key: Key) throws(Failure) -> Picture? {
        state.lock()
        defer { state.unlock() }
        if let known = state.locked.kept.value(for: key) { return known }
        guard state.locked.making == Self.makingMax else {
            state.locked.making += 1
            return nil
        }
        guard state.locked.waiting < Self.waitingMax else {
            throw Failure(
                .busy,
                "\(Self.makingMax + Self.waitingMax) small pictures are being made; ask for fewer"
                    + " at a time")
        }
        state.locked.waiting += 1
        while state.locked.making == Self.makingMax { state.wait() }
        state.locked.waiting -= 1
        state.locked.making += 1
        return nil
    }

    private static func make(
        _ jpeg: [UInt8], _ id: RecordID, _ box: Box
    ) throws(Failure) -> Picture {
        do throws(Failure) {
            let header = try JPEGHeader(jpeg.span)
            guard header.width * header.height <= pixelsMax else {
                throw Failure(.unsupported, "it has \(header.width)x\(header.height) pixels")
            }
            let (width, height) = box.fitting(header.width, header.height)
            let small = try ColourPicture(jpeg: jpeg.span, atLeast: width, height)
                .scaled(to: width, height)
            return Picture(
                width: width, height: height, bytes: try small.jpeg(quality: quality))
        } catch {
            // Bytes that somebody stored are what they are; nothing is wrong with the store.
            throw Failure(
                .unsupported, "there is no small picture of \(id): \(error.words); get the whole")
        }
    }
}

extension Thumbnails.Box {
    /// The largest size of the same shape that fits, and not larger than the picture itself.
    func fitting(_ wide: Int, _ high: Int) -> (width: Int, height: Int) {
        if wide <= width, high <= height { return (wide, high) }
        // The tighter side decides; fractions are compared without dividing.
        if wide * height >= high * width { return (width, max(1, high * width / wide)) }
        return (max(1, wide * height / high), height)
    }
}

/// Keeps what was used lately, up to a cost: when half of that is filled, what was not used since
/// the last time is forgotten.
struct TwoGenerations<Key: Hashable, Value> {
    private let costMax: Int
    private var young: [Key: (value: Value, cost: Int)] = [:]
    private var old: [Key: (value: Value, cost: Int)] = [:]
    private var youngCost = 0

    init(costMax: Int) { self.costMax = costMax }

    mutating func value(for key: Key) -> Value? {
        if let found = young[key] { return found.value }
        guard let found = old[key] else { return nil }
        keep(found.value, for: key, cost: found.cost)
        return found.value
    }

    mutating func keep(_ value: Value, for key: Key, cost: Int) {
        guard cost <= costMax / 2, young[key] == nil else { return }
        if youngCost + cost > costMax / 2 {
            old = young
            young = [:]
            youngCost = 0
        }
        young[key] = (value, cost)
        youngCost += cost
    }
}
