internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Ingest
internal import Linux
internal import Recorder
internal import V4L2
internal import WireProtocol

/// Cameras: how they are, and what people decide about them.
extension Desk {
    /// Gaps that `camera show` tells of.
    private static let gapSeconds: Int64 = 86_400
    private static let gapsMax = 1000

    func performOnCameras(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .cameraList: try cameraList(caller)
        case .cameraShow: try cameraShow(fields, caller)
        case .cameraAdd: try cameraAdd(fields, caller)
        case .cameraSet: try cameraSet(fields, caller)
        case .cameraRemove: try cameraRemove(fields, caller)
        case .cameraOn: try cameraTurn(true, fields, caller)
        case .cameraOff: try cameraTurn(false, fields, caller)
        case .cameraTest: try cameraTest(fields, caller)
        case .cameraDiscover: try cameraDiscover(caller)
        default: preconditionFailure("\(operation) is not about cameras")
        }
    }

    private func cameraList(_ caller: Caller) throws -> Answer {
        try require(.seeCameras, of: caller, for: .status, on: "cameras")
        var answer = Answer()
        var count: Int64 = 0
        for camera in try recorder.all where caller.sees(camera.config.id) {
            count += 1
            answer.add(document: CameraJSON.make(camera, device: try device(of: camera)))
        }
        answer.reply.add(.count, count)
        return answer
    }

    private func cameraShow(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try fields.required(.camera, "the camera's id")
        try require(.seeCameras, camera: id, of: caller, for: .status, on: "camera \(id)")
        let camera = try recorder.camera(id)
        let gaps = try log.leaves(
            .gap, ofCamera: id, from: now.adding(seconds: -Self.gapSeconds),
            limit: Self.gapsMax)
        return document(
            CameraJSON.make(
                camera, device: try device(of: camera), gaps: gaps.map(CameraJSON.gap),
                points: points(of: id)))
    }

    private func device(of camera: Camera) throws(Failure) -> KnownDevice? {
        try recorder.book.all.first { $0.id == camera.config.id }?.device
    }

    // MARK: Changes

    private func cameraAdd(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try configurable(fields, caller)
        let url = try CameraURL(try fields.required(.url, "the camera's URL"))
        let wishes = try CameraWishes(fields.text(.document))
        guard !wishes.acceptsDevice else {
            throw WireError(.invalid, "a new camera has met no device that could be accepted")
        }
        var config = try CameraConfig(id: id, name: id, url: url, added: now)
        try wishes.apply(to: &config)
        // All that can be wrong with it is found before anything is added.
        let sub = try sub(wishes, of: config)
        let credentials = try wishes.credentials(url)
        if config.isSub {
            try recorder.add(sub: config, credentials: credentials)
        } else {
            try recorder.add(config, credentials: credentials)
        }
        if let sub { try recorder.add(sub: sub.config, credentials: sub.credentials) }
        return try shown(id)
    }

    private func cameraSet(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try configurable(fields, caller)
        let wishes = try CameraWishes(fields.text(.document))
        let url = try fields.text(.url).map { try CameraURL($0) }
        guard !wishes.isEmpty || url != nil else {
            throw WireError(.invalid, "say what should change, in a document or with an url")
        }
        if wishes.acceptsDevice {
            try recorder.acceptDevice(of: id)
            // Nothing else to change, so nothing to interrupt recording for.
            if wishes.onlyAcceptsDevice, url == nil { return try shown(id) }
        }
        var config = try recorder.book.camera(id)
        if let url { config.url = url.with(user: nil, password: nil) }
        let credentials = try wishes.credentials(url)
        try wishes.apply(to: &config)
        let sub = try sub(wishes, of: config)
        try recorder.change(config, credentials: credentials, by: caller.author)
        try setSub(sub, wishes, of: config, credentials, caller)
        return try shown(id)
    }

    private func cameraTurn(
        _ on: Bool, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        let id = try configurable(fields, caller)
        let config = try recorder.book.camera(id)
        for var stream in [config] + (try recorder.sub(of: id).map { [$0] } ?? []) {
            stream.isOn = on
            try recorder.change(stream, credentials: nil, by: caller.author)
        }
        return try shown(id)
    }

    private func cameraRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try configurable(fields, caller)
        try recorder.remove(id)
        return document(.object(JSONObject([("id", .string(id))])))
    }

    private func configurable(_ fields: borrowing Fields, _ caller: Caller) throws -> String {
        let id = try fields.required(.camera, "the camera's id")
        try require(.configure, of: caller, for: .change, on: "camera \(id)")
        return id
    }

    private func shown(_ id: String) throws -> Answer {
        let camera = try recorder.camera(id)
        return document(CameraJSON.make(camera, device: try device(of: camera)))
    }

    private typealias Sub = (config: CameraConfig, credentials: CameraBook.Credentials?)

    private func sub(_ wishes: CameraWishes, of config: CameraConfig) throws -> Sub? {
        guard let wish = wishes.sub else {
            let known = try recorder.sub(of: config.id)
            guard wishes.subRingBytes == nil || known != nil else {
                throw WireError(.invalid, "the sub stream is not there yet; give its url as well")
            }
            return nil
        }
        var sub = try config.sub(wish.url, added: now)
        if let bytes = wish.ringBytes { sub.ringBytes = bytes }
        let own = wish.url.user.map {
            CameraBook.Credentials(user: $0, password: wish.url.password)
        }
        return (sub, own)
    }

    /// A new log-in of the camera is that of its sub stream too, at the same host.
    private func setSub(
        _ new: Sub?, _ wishes: CameraWishes, of config: CameraConfig,
        _ credentials: CameraBook.Credentials?, _ caller: Caller
    ) throws {
        guard var known = try recorder.sub(of: config.id) else {
            if let new { try recorder.add(sub: new.config, credentials: new.credentials) }
            return
        }
        if let url = new?.config.url { known.url = url }
        if let bytes = wishes.subRingBytes { known.ringBytes = bytes }
        let isSameHost = known.url.host == config.url.host
        let login = new?.credentials ?? (isSameHost ? credentials : nil)
        guard new != nil || wishes.subRingBytes != nil || login != nil else { return }
        try recorder.change(known, credentials: login, by: caller.author)
    }

    // MARK: Looking for cameras, and for what is wrong with one

    private func cameraDiscover(_ caller: Caller) throws -> Answer {
        try require(.configure, of: caller, for: .status, on: "discover")
        var answer = Answer()
        let list = CameraList.now()
        for camera in list.cameras { answer.add(document: CameraJSON.found(camera)) }
        answer.reply.add(.count, Int64(list.cameras.count))
        return answer
    }

    /// A camera that is known, or one that is about to be added. Takes as long as the camera does.
    private func cameraTest(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let target = fields.text(.camera) ?? "a new camera"
        try require(.configure, of: caller, for: .change, on: "test \(target)")
        let url: CameraURL
        var settings: [String: String] = [:]
        if let id = fields.text(.camera) {
            let config = try recorder.book.camera(id)
            (url, settings) = (try recorder.book.openURL(of: config), config.settings)
        } else {
            url = try CameraURL(try fields.required(.url, "a camera's id, or an URL"))
            var config = try CameraConfig(id: "new", name: "new", url: url, added: now)
            let wishes = try CameraWishes(fields.text(.document))
            try wishes.apply(to: &config)
            settings = config.settings
        }
        let seconds = fields.int(.limit) ?? 12
        guard (1...120).contains(seconds) else {
            throw WireError(.invalid, "a test waits for pictures 1 to 120 seconds")
        }
        let test = CameraTest(url, settings, clock: SystemClock(), seconds: Int(seconds))
        let outcome = test.run { _ in }
        var answer = Answer()
        for step in outcome.steps { answer.add(document: CameraJSON.step(step)) }
        answer.reply.add(
            .document,
            text(
                .object(
                    JSONObject([
                        ("url", .string(url.description)), ("works", .bool(outcome.works)),
                    ]))))
        if let picture = outcome.picture {
            answer.reply.add(.size, Int64(picture.count))
            answer.reply.add(.mime, "image/jpeg")
            answer.body = .bytes(picture)
        }
        return answer
    }
}

extension Caller {
    /// Whether a list of cameras has this one for the caller.
    func sees(_ camera: String) -> Bool {
        identity.cameras?.contains(CameraConfig.mainID(of: camera)) ?? true
    }
}
