package import Base
package import Evidence
internal import Ingest
package import Linux

/// Cameras at work, and what they become in the evidence log: every camera that is on fills its
/// ring, parts and gaps are written down, pictures and clips are taken from the rings.
///
/// Any thread may call any method.
package final class Recorder: Sendable {
    package struct Options: Sendable {
        /// Space that rings leave free for evidence.
        package var freeBytesMin: UInt64 = 2 << 30
        /// Whether USB cameras that are plugged in record by themselves.
        package var watchesUSB = false
        package var usbRingBytes: UInt64 = RingOptions().bytes
        /// What rings are kept with.
        package var ringFiles: any FileSystem = RealFileSystem()
        /// Where news go that nobody asked for.
        package var say: @Sendable (String) -> Void = { _ in }
        package init() {}
    }

    package let book: CameraBook
    package let log: EvidenceLog
    let clock: any Clock
    let options: Options
    private let dataDirectory: String
    private let disk: RingDisk
    private let ledger: Ledger
    let cameras = CameraTable()
    /// Held while cameras are added, changed or removed: one such change at a time.
    private let changes = Monitor(())
    private let space: SpaceGuard
    private let usb = Monitor<USBCameras?>(nil)
    let requests = RequestTurns()
    let looks = Looks()
    let findings = FrameFindings()
    let decoding = DecodingThreads()

    package init(
        dataDirectory: String, log: EvidenceLog, clock: any Clock, options: Options = Options()
    ) throws(Failure) {
        self.dataDirectory = dataDirectory
        self.log = log
        self.clock = clock
        self.options = options
        book = try CameraBook(dataDirectory: dataDirectory)
        disk = RingDisk(clock)
        ledger = Ledger(log, clock)
        space = SpaceGuard(dataDirectory, floor: options.freeBytesMin)
    }

    /// Starts every camera that is on. A camera whose ring cannot be opened is told of, the others
    /// record.
    package func start() -> [(id: String, failure: Failure)] {
        var troubles: [(id: String, failure: Failure)] = []
        for config in book.all {
            do throws(Failure) {
                try open(config, because: (.restart, "the server was not running"))
            } catch {
                troubles.append((config.id, error))
            }
        }
        space.start { [self] in cameras.settled }
        if options.watchesUSB {
            let watch = USBCameras { [self] in usbArrived($0) }
            usb.withLock { $0 = watch }
        }
        return troubles
    }

    /// Ends all cameras in order: what they had goes to their rings, and into the log.
    package func close() {
        usb.withLock { $0.take() }?.end()
        space.end()
        for camera in cameras.all { close(camera.id) }
        ledger.end()
        disk.close()
    }

    /// The server's clock, which instants are read from.
    package var now: WallTime { clock.now }

    /// `.busy` while it is being changed, after waiting so long for the end of that.
    package func camera(
        _ id: String, patienceMilliseconds: Int = 0
    ) throws(Failure) -> Camera {
        if let camera = try cameras.camera(id, patienceMilliseconds: patienceMilliseconds) {
            return camera
        }
        let config = try book.camera(id)
        throw Failure(
            .io, "camera \(config.id) has no ring; the server's first lines say why")
    }

    /// How long those who want a picture wait for a change to end: as long as a camera takes to let
    /// go, as a rule.
    static let patienceMilliseconds = 1000

    package var all: [Camera] { cameras.all }

    // MARK: Changes

    /// Adds a camera and begins to record it.
    package func add(
        _ config: CameraConfig, credentials: CameraBook.Credentials?
    ) throws(Failure) {
        changes.lock()
        defer { changes.unlock() }
        cameras.begin([config.id])
        defer { cameras.end([config.id]) }
        let added = try book.put(config, credentials: credentials, isNew: true)
        try open(added, because: (.configuration, "the camera was not there"))
    }

    /// Takes effect at once; what the ring holds stays.
    package func change(
        _ config: CameraConfig, credentials: CameraBook.Credentials?, by author: Author
    ) throws(Failure) {
        changes.lock()
        defer { changes.unlock() }
        cameras.begin([config.id])
        defer { cameras.end([config.id]) }
        let changed = try book.put(config, credentials: credentials, isNew: false)
        let old = cameras[config.id]
        if let old { end(old, isChanged: true) }
        let words = old?.config.isOn == false || !changed.isOn ? "switched off" : "changed"
        do throws(Failure) {
            try open(changed, because: (.configuration, "\(words) by \(author.actor)"))
        } catch {
            cameras.take(config.id)
            throw error
        }
    }

    /// Forgets the camera and its ring, and its sub stream. What became evidence stays.
    package func remove(_ id: String) throws(Failure) {
        changes.lock()
        defer { changes.unlock() }
        let config = try book.camera(id)
        let streams = [config.id] + (sub(of: id).map { [$0.id] } ?? [])
        cameras.begin(streams)
        defer { cameras.end(streams) }
        for stream in streams { close(stream) }
        try book.remove(id)
        for path in streams.map(ringPath) where RealFileSystem().exists(path) {
            try RealFileSystem().remove(path)
        }
    }

    /// `press-3.ring`, and `press-3.sub.ring`: no camera's id has a dot.
    private func ringPath(_ id: String) -> String {
        let name = id.split(separator: "/").joined(separator: ".")
        return "\(dataDirectory)/rings/\(name).ring"
    }

    private func open(
        _ config: CameraConfig, because reason: (cause: GapCause, words: String)
    ) throws(Failure) {
        var ringOptions = RingOptions()
        ringOptions.bytes = config.ringBytes
        ringOptions.seconds = config.ringSeconds
        let path = ringPath(config.id)
        let bytes = try space.grant(config.ringBytes, path: path)
        let file = try RingFile(path, bytes: bytes, options.ringFiles)
        let ring = try CameraRing.open(
            camera: config.id, file, ringOptions, bell: disk.bell, clock: clock)
        let book = self.book
        let (id, clock) = (config.id, self.clock)
        let report = CameraReport(
            clock, recorded: ring.newest, because: reason,
            met: { [weak self] in self?.met($0, behind: id) })
        let camera = Camera(config, ring: ring, report: report, clock: clock) {
            () throws(SourceFailure) in
            let url: CameraURL
            do throws(Failure) {
                url = try book.openURL(of: try book.camera(id))
            } catch {
                throw SourceFailure(
                    .configuration, at: .address, error.words,
                    remedy: "give the camera its password again: proofreel camera set \(id)")
            }
            return try SourceMaker.make(url, config.settings, clock: clock)
        }
        try ledger.open(camera)
        disk.add(ring)
        cameras.put(camera)
        if config.isOn { camera.start() }
    }

    private func close(_ id: String) {
        guard let camera = cameras.take(id) else { return }
        end(camera, isChanged: false)
    }

    private func end(_ camera: Camera, isChanged: Bool) {
        camera.end(isChanged: isChanged)
        disk.remove(camera.ring)
        ledger.close(camera.id)
    }

    /// Commits a camera's footage to the log as far as the disk has it, now.
    func commitParts(of camera: Camera) throws(Failure) { try ledger.commitNow(camera.id) }
}
