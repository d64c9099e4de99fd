internal import Base
internal import FragmentFormat
internal import Ingest
internal import Linux
internal import Synchronization

/// Lets any number of viewers look at cameras: one thread reads the ring for all viewers of a
/// camera, from the first one to the last.
package final class LiveHub: Sendable {
    package static let seatsMax = 1024
    /// How long a reader waits before it looks whether anybody still looks on.
    private static let waitMilliseconds = 250

    private struct View: Hashable {
        let camera: String
        let form: LiveForm
    }

    /// A viewer that is gone leaves its seat by itself.
    private final class WeakSeat: Sendable {
        private let seat: Mutex<WeakReference>
        private struct WeakReference {
            weak var seat: LiveSeat?
        }
        init(_ seat: LiveSeat) { self.seat = Mutex(WeakReference(seat: seat)) }
        var viewer: LiveSeat? { seat.withLock { $0.seat } }
    }

    private let recorder: Recorder
    private let views = Monitor<[View: [WeakSeat]]>([:])

    package init(_ recorder: Recorder) { self.recorder = recorder }

    /// Takes a seat; whoever lets go of it leaves. `wake` is called on the reader's thread.
    package func look(
        at camera: String, _ form: LiveForm, wake: @escaping @Sendable () -> Void
    ) throws -> LiveSeat {
        let status = try recorder.camera(
            camera, patienceMilliseconds: Recorder.patienceMilliseconds
        ).report.status
        if form == .pictures, let codec = status.format?.codec, !codec.isIntra {
            throw LiveForm.noPictures(camera, codec)
        }
        let seat = LiveSeat(wake)
        let view = View(camera: camera, form: form)
        try views.withLock { views throws(Failure) in
            let count = views.values.reduce(0) { $0 + $1.count }
            guard count < Self.seatsMax else {
                throw Failure(.busy, "\(count) viewers look on already; no more fit")
            }
            let isFirst = views[view] == nil
            views[view, default: []].append(WeakSeat(seat))
            guard isFirst else { return }
            Thread(name: "live-\(camera)") { [weak self] in
                var reader = LiveReader(view.form)
                while let hub = self, hub.serve(view, &reader) {}
            }.detach()
        }
        return seat
    }

    /// One turn of a reader; false when nobody looks on any more.
    private func serve(_ view: View, _ reader: inout LiveReader) -> Bool {
        let viewers = views.withLock { views -> [LiveSeat] in
            let seats = (views[view] ?? []).filter { $0.viewer != nil }
            views[view] = seats.isEmpty ? nil : seats
            return seats.compactMap(\.viewer)
        }
        guard !viewers.isEmpty else { return false }
        do throws(Failure) {
            let camera = try recorder.camera(view.camera)
            if let piece = try reader.next(camera.ring, milliseconds: Self.waitMilliseconds) {
                for viewer in viewers { viewer.give(piece) }
            }
        } catch  where error.kind == .busy {
            // It is being changed, and goes on.
            Thread.sleep(nanoseconds: UInt64(Self.waitMilliseconds) * 200_000)
        } catch {
            for viewer in viewers { viewer.end(error) }
            views.withLock { $0[view] = nil }
            return false
        }
        return true
    }
}

package enum LiveForm: Hashable, Sendable {
    /// Each frame of a camera whose frames are pictures, as it came.
    case pictures
    /// Fragments of the ring, as they are stored.
    case fragments

    fileprivate static func noPictures(_ camera: String, _ codec: Codec) -> Failure {
        Failure(
            .unsupported,
            "\(camera) sends \(codec.rawValue), of which pictures alone cannot be cut; ask for"
                + " fragments")
    }
}

/// What one camera has for its viewers next.
private struct LiveReader {
    private let form: LiveForm
    /// Which ring these are of.
    private var ring: [UInt8] = []
    /// By place, because instants go back when the clock is set.
    private var last: RingPlace?
    private var sequence: UInt64?
    private var number: UInt64 = 0
    /// Of the newest picture; another camera setting may make pictures of video.
    private var format: UInt64?

    init(_ form: LiveForm) { self.form = form }

    mutating func next(
        _ ring: CameraRing, milliseconds: Int
    ) throws(Failure) -> LivePiece? {
        if self.ring != ring.identity { (self.ring, last, sequence) = (ring.identity, nil, nil) }
        return switch form {
        case .pictures: try picture(ring, milliseconds)
        case .fragments: try fragment(ring, milliseconds)
        }
    }

    private mutating func picture(
        _ ring: CameraRing, _ milliseconds: Int
    ) throws(Failure) -> LivePiece? {
        guard let place = ring.waitForFrame(after: last, milliseconds: milliseconds) else {
            return nil
        }
        last = place
        guard let loaded = try ring.load(place.sequence),
            place.position < loaded.head.samples.count
        else { return nil }
        if loaded.format != format {
            let codec = InitSegment.parse(loaded.initBytes)?.codec
            if let codec, !codec.isIntra { throw LiveForm.noPictures(ring.camera, codec) }
            format = loaded.format
        }
        number += 1
        return LivePiece(
            instant: loaded.head.samples[place.position].instant, number: number,
            bytes: loaded.bytes(at: place.position), head: [], format: loaded.format,
            beginsWithKey: true)
    }

    private mutating func fragment(
        _ ring: CameraRing, _ milliseconds: Int
    ) throws(Failure) -> LivePiece? {
        let known = sequence
        var record = ring.stored(after: known ?? 0, limit: .max).last
        if let known { record = ring.stored(after: known, limit: 1).first }
        guard let record else {
            Thread.sleep(nanoseconds: UInt64(milliseconds) * 200_000)
            return nil
        }
        sequence = record.sequence
        guard let loaded = try ring.load(record.sequence) else { return nil }
        number += 1
        return LivePiece(
            instant: record.first, number: number, bytes: loaded.bytes, head: loaded.initBytes,
            format: loaded.format, beginsWithKey: record.beginsWithKey)
    }
}
