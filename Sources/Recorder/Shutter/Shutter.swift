internal import Base
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import FragmentFormat
internal import Ingest
internal import JPEG
internal import Linux

/// Turns (cameras, instant) into pictures in the evidence log.
extension Recorder {
    /// One answer for each camera, all or none: when one camera has no frame, nothing is stored.
    package func snap(_ request: SnapRequest) throws -> [SnapAnswer] {
        try check(request)
        requests.begin(request.request)
        defer { requests.end(request.request) }
        if let known = try repeated(request) { return known }
        // So that now is no instant that only an old clock could call so.
        for id in request.cameras { try found(id).ring.notice() }
        let now = clock.now
        let picker = Picker(
            clock: clock, tolerance: request.toleranceMicroseconds,
            neighbours: request.neighbours)
        var picks: [Pick] = []
        for id in request.cameras {
            let camera = try found(id)
            picks.append(try pick(camera, picker, at: request.at ?? now))
        }
        let first = picks.map(\.frame.instant).min() ?? now
        let shot = picks.count > 1 ? RecordID(at: now, random: try randomPair()) : nil
        // Decoding is the long part, so several cameras are decoded side by side.
        let prepared = try parallel(picks) { pick in try self.prepare(pick, request) }
        var answers: [SnapAnswer] = []
        for (pick, (picture, stream)) in zip(picks, prepared) {
            var details = self.details(pick, picture, live: request.at == nil)
            if let stream {
                details.append(("clip", .string(stream.description)))
                details.append(("made", .string(Picture.making)))
            }
            if let shot {
                details.append(("shot", .string(shot.description)))
                let skew = pick.frame.instant.microseconds - first.microseconds
                details.append(("skew_us", .int(skew)))
            }
            if let trigger = request.trigger { details.append(("trig", .string(trigger))) }
            answers.append(try store(pick, picture, details, request))
        }
        return answers
    }

    private func check(_ request: SnapRequest) throws(Failure) {
        guard (1...SnapRequest.camerasMax).contains(request.cameras.count) else {
            throw Failure(
                .invalid, "a picture is taken of 1 to \(SnapRequest.camerasMax) cameras at once")
        }
        guard Set(request.cameras).count == request.cameras.count else {
            throw Failure(.invalid, "a camera is named twice; name each once")
        }
        guard (0...SnapRequest.toleranceMax).contains(request.toleranceMicroseconds) else {
            throw Failure(.invalid, "the tolerance should be at most an hour")
        }
        guard (0...SnapRequest.neighboursMax).contains(request.neighbours) else {
            throw Failure(.invalid, "at most \(SnapRequest.neighboursMax) neighbours are told")
        }
    }

    func found(_ id: String) throws -> Camera {
        do throws(Failure) {
            return try camera(id, patienceMilliseconds: Self.patienceMilliseconds)
        } catch {
            if error.kind == .notFound { throw SnapFailure(.unknownCamera, error.words) }
            throw error
        }
    }

    /// A camera that is changed while its frame is looked for is busy, and not without a frame.
    func pick(_ camera: Camera, _ picker: Picker, at asked: WallTime) throws -> Pick {
        do {
            return try picker.pick(camera, at: asked)
        } catch let refusal as SnapFailure {
            guard cameras.isThere(camera) else { throw CameraTable.busy(camera.id) }
            throw refusal
        }
    }

    private func randomPair() throws(Failure) -> (UInt64, UInt64) {
        let bytes = try randomBytes(16)
        return (
            bytes.span.bigEndian(UInt64.self, at: 0), bytes.span.bigEndian(UInt64.self, at: 8)
        )
    }

    // MARK: Asked before

    /// The request id of one camera's record.
    private func requestID(_ request: SnapRequest, _ camera: String) -> String? {
        guard let id = request.request else { return nil }
        return request.cameras.count == 1 ? id : "\(id)/\(camera)"
    }

    private func repeated(_ request: SnapRequest) throws(Failure) -> [SnapAnswer]? {
        var answers: [SnapAnswer] = []
        for camera in request.cameras {
            guard let id = requestID(request, camera),
                let receipt = try log.receipt(forRequest: id)
            else { return nil }
            guard receipt.leaf.kind == .snapshot, receipt.leaf.string("cam") == camera,
                Set(receipt.leaf.links.map(\.link)).isSubset(of: request.links)
            else {
                throw Failure(
                    .alreadyExists,
                    "the request id \(id) was used for something else; use a new id for each"
                        + " request")
            }
            answers.append(
                SnapAnswer(
                    camera: camera, receipt: receipt, neighbours: [],
                    picture: try log.payload(of: receipt.id)))
        }
        return answers
    }

    // MARK: One picture

    /// The picture, and the record of the stream that it was rendered from.
    private func prepare(
        _ pick: Pick, _ request: SnapRequest
    ) throws -> (picture: Picture, stream: RecordID?) {
        guard let stretch = try pick.camera.ring.stretch(to: pick.frame) else {
            throw SnapFailure(
                .expired,
                "the ring of \(pick.camera.id) moved on while the frame was read; ask for a"
                    + " later one, or make the ring larger")
        }
        if stretch.format.codec.isIntra {
            let frame = FrameFindings.Frame(camera: pick.camera.id, frame: pick.frame)
            return (Picture(stretch, frame, findings), nil)
        }
        // The disk works while the processor decodes. Should decoding fail, a stream without a
        // picture is left: true, and nobody's answer.
        let stored = Monitor<Result<RecordID, Failure>?>(nil)
        let storing = Thread(name: "shutter-stream") {
            let result = Result { () throws(Failure) in
                try self.storeStream(pick, stretch, request).id
            }
            stored.withLock { $0 = result }
        }
        defer { storing.join() }
        let picture = try decoding.share { try Picture(rendering: stretch, threads: $0) }
        storing.join()
        return (picture, try stored.withLock { $0 }?.get())
    }

    private func details(
        _ pick: Pick, _ picture: Picture, live: Bool
    ) -> [(String, JSON)] {
        var details: [(String, JSON)] = [
            ("asked", .string(pick.asked.description)), ("dist_us", .int(pick.distance)),
            ("src", .string(live ? "live" : "ring")), ("w", .int(Int64(picture.width))),
            ("h", .int(Int64(picture.height))),
        ]
        if let cameraClock = cameraClock(pick) {
            details.append(("cam_off_us", .int(cameraClock.offsetMicroseconds)))
            details.append(("cam_err_us", .int(cameraClock.errorMicroseconds)))
            let claim = pick.frame.instant.microseconds + cameraClock.offsetMicroseconds
            details.append(("t_cam", .string(WallTime(microseconds: claim).description)))
        }
        return details
    }

    /// The camera's clock against ours, as ours was set when the frame came.
    private func cameraClock(_ pick: Pick) -> CameraClock? {
        guard var clock = pick.camera.report.status.clock else { return nil }
        if case .asSetBefore(let moved) = pick.word {
            guard let moved else { return nil }
            clock.offsetMicroseconds &+= moved
        }
        return clock
    }

    private func store(
        _ pick: Pick, _ picture: Picture, _ details: [(String, JSON)], _ request: SnapRequest
    ) throws(Failure) -> SnapAnswer {
        var capture = Capture()
        capture.links = request.links
        capture.request = requestID(request, pick.camera.id)
        capture.flags = picture.flags + pick.camera.flags(width: picture.width, picture.height)
        let device = try book.camera(pick.camera.id).device
        if device?.isSwapped(at: pick.frame.instant, now: clock.now) == true {
            capture.flags.append(PictureFlags.swapped)
        }
        if case .asSetBefore = pick.word { capture.flags.append(PictureFlags.clockSet) }
        let bytes = picture.jpeg
        let receipt = try log.addSnapshot(
            camera: pick.camera.id, instant: pick.frame.instant, capture, details: details,
            payload: bytes.span, by: request.author)
        return SnapAnswer(
            camera: pick.camera.id, receipt: receipt, neighbours: pick.neighbours,
            picture: picture.jpeg)
    }

    /// The exact bitstream up to the frame, which the picture is rendered from. It has no request
    /// id: a request that is repeated because its picture was never stored may get another frame.
    private func storeStream(
        _ pick: Pick, _ stream: Stretch, _ request: SnapRequest
    ) throws(Failure) -> Receipt {
        var capture = Capture()
        capture.mime = "video/mp4"
        // What holds the picture or keeps it, by any of its links, keeps its stream as well.
        capture.links = request.links
        let initHash = SHA256.hash(stream.initBytes.span)
        let instants = stream.samples.map(\.instant)
        let from = instants.min() ?? pick.frame.instant
        let bytes = stream.file(clock: cameraClock(pick))
        let details: [(String, JSON)] = [
            ("to", .string((instants.max() ?? from).description)),
            ("frames", .int(Int64(stream.samples.count))), ("use", .string("stream")),
            ("init", .string(initHash.hex)),
            ("init_len", .int(Int64(stream.initBytes.count))),
            ("w", .int(Int64(stream.format.width))), ("h", .int(Int64(stream.format.height))),
        ]
        return try log.addClip(
            camera: pick.camera.id, instant: from, capture, details: details,
            payload: bytes.span, by: request.author)
    }
}

/// Runs `body` over all items, each on a thread of its own but the first; throws the first failure.
func parallel<A: Sendable, B: Sendable>(
    _ items: [A], _ body: @escaping @Sendable (A) throws -> B
) throws -> [B] {
    guard items.count > 1 else { return try items.map(body) }
    let results = Monitor<[Int: Result<B, any Error>]>([:])
    let threads = items.indices.dropFirst().map { i in
        Thread(name: "shutter-\(i)") {
            let result = Result { try body(items[i]) }
            results.withLock { $0[i] = result }
        }
    }
    let first = Result { try body(items[0]) }
    for thread in threads { thread.join() }
    let others = results.withLock { $0 }
    return try items.indices.map { i in
        i == 0 ? try first.get() : try (others[i] ?? first).get()
    }
}
