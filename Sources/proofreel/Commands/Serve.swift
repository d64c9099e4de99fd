internal import Anchors
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Factory
internal import Linux
internal import Recorder
internal import Server
internal import Synchronization
internal import Web

extension CommandSpec {
    static let serve = CommandSpec(
        path: ["serve"], summary: "Run the evidence store until told to end.",
        usage: "[--data DIR] [options]",
        options: [
            .data, .value("site", "NAME", "name of the plant, for a new log; else the host name"),
            .value("origin", "NAME", "name of a new log, such as evidence.plant7.example/log/e1"),
            .passphrase,
            .list("anchor", "FILE", "checkpoint kept outside that this log must contain"),
            .value("scrub-rate", "MB/s", "read full segments again, so fast; else 20, 0 is never"),
            .value("scrub-days", "N", "a round every so many days; else 7, 0 is never"),
            .value("keep-free", "SIZE", "disk space that rings leave free for evidence; else 2GB"),
            .value("usb-ring", "SIZE", "rings of USB cameras that nobody added; else 2GB"),
            .flag("no-usb", "leave USB cameras alone that nobody added"),
            .flag("demo", "a new log with a few pictures, and three test cameras"),
            .flag("demo-pictures", "a new log with the pictures alone"),
        ] + Doors.options,
        examples: [
            .init("proofreel serve", "on ~/.local/share/proofreel, made at the first start"),
            .init("proofreel serve --data ~/reel --demo", "a log with something in it"),
            .init("proofreel serve --listen 127.0.0.1:7447", "clients of this machine, with TLS"),
            .init("proofreel serve --http 127.0.0.1:7448", "browsers of this machine as well"),
            .init(
                "proofreel serve --data /srv/reel --anchor /media/stick/checkpoint",
                "refuses to start on an older copy than the checkpoint on the stick"),
        ],
        notes:
            "SIGINT (Ctrl-C) and SIGTERM end it in order; SIGHUP reads certificate and key again.",
        run: { try Serve($0, $1).run() })
}

/// The daemon: opens the log, answers `status`, says when something changes, ends in order.
struct Serve {
    private let arguments: Arguments
    private let console: Console

    init(_ arguments: Arguments, _ console: Console) {
        self.arguments = arguments
        self.console = console
    }

    func run() throws -> ExitCode {
        Process.blockSignals()
        let directory = try DataDirectory(arguments)
        var plan = Scrubbing.Plan()
        plan.megabytesPerSecond = try arguments.number("scrub-rate", in: 0...100_000) ?? 20
        plan.days = try arguments.number("scrub-days", in: 0...3650) ?? 7
        if directory.isServed {
            throw Failure(
                .busy,
                "\(directory.path) is being served already; proofreel status --data"
                    + " \(directory.path) tells by whom")
        }
        var opening = Opening(directory, passphraseFile: arguments.value("passphrase-file"))
        opening.origin = arguments.value("origin")
        opening.site = arguments.value("site")
        for path in arguments.all("anchor") { opening.seen.append(try Self.anchor(path)) }
        let isNew = !directory.keys.exists
        if !isNew { opening.seen += try WitnessMemory(directory, console).notes() }
        let demo = arguments.has("demo")
        if demo || arguments.has("demo-pictures"), !isNew {
            throw Failure(
                .refused, "\(directory.path) has a log already; --demo fills new ones only")
        }
        let session = try Session.writing(opening)
        if isNew, demo || arguments.has("demo-pictures") { try Demo.fill(session.log) }
        return try serve(
            session, plan, isNew: isNew, demo: demo,
            anchored: largest(opening.seen))
    }

    private func serve(
        _ session: Session, _ plan: Scrubbing.Plan, isNew: Bool, demo: Bool, anchored: UInt64?
    ) throws -> ExitCode {
        let status: StatusServer
        let recorder: Recorder
        let floor: Floor
        let server: Server
        let gateway: Gateway?
        let access: AccessDesk
        let anchorer: Anchorer
        let doors: Doors.Opened
        let recording = try recording()
        do {
            access = try AccessDesk(session)
            let console = self.console
            anchorer = try Anchorer(
                session.log, dataDirectory: session.directory.path, clock: SystemClock()
            ) { console.print("\(Amount.time(SystemClock().now))  \($0)") }
            status = try StatusServer(session, anchored: anchored, anchorer)
            recorder = try Recorder(
                dataDirectory: session.directory.path, log: session.log, clock: SystemClock(),
                options: recording)
            floor = Floor(
                try Factory(
                    dataDirectory: session.directory.path, log: session.log, clock: SystemClock()),
                recorder, say: recording.say)
            doors = try Doors(arguments, session.directory).open()
            (server, gateway) = try serving(session, floor, status, access, anchorer, doors)
            try anchorer.start()
        } catch {
            do { try session.close() } catch {}
            throw error
        }
        StartPage(session, isNew: isNew, firstSecret: access.firstSecret).print(console)
        for line in try StatusPage(status.document()).lines(console) { console.print(line) }
        for (id, failure) in recorder.start() {
            console.print(console.bad("camera \(id) does not record: \(failure.words)"))
        }
        if demo { try Demo.addCameras(recorder) }
        for line in try floor.takeLeft() { console.print(line) }
        floor.start()
        for line in doors.lines { console.print(line) }
        console.print("\nready; Ctrl-C ends")
        let scrubbing = Scrubbing(session.log, plan)
        var watch = Watch(session, scrubbing)
        let renewal = Renewal(server, gateway, Doors(arguments, session.directory), console)
        while !renewal.isToldToEnd(waitingMilliseconds: 500) {
            watch.look(console)
            access.keepUp(console)
        }
        console.print("ending")
        gateway?.end()
        server.end()
        anchorer.end()
        floor.end()
        recorder.close()
        scrubbing.end()
        status.end()
        let stopped = session.log.stopped
        do throws(Failure) {
            try access.end()
            try session.close()
        } catch {
            throw stopped ?? error
        }
        console.print("ended in order with \(Amount.count(session.log.size, "leaf", "leaves"))")
        return .done
    }

    private static let openFilesMax = 8192

    /// The binary protocol, and HTTP where it was asked for.
    private func serving(
        _ session: Session, _ floor: Floor, _ status: StatusServer, _ access: AccessDesk,
        _ anchorer: Anchorer, _ doors: Doors.Opened
    ) throws(Failure) -> (Server, Gateway?) {
        let desk = Desk(
            log: session.log, book: access.book, anchorer: anchorer,
            served: Desk.Served(recorder: floor.recorder, trail: access.trail, floor: floor)
        ) {
            try status.document()
        }
        let gate = Gate(book: access.book, trail: access.trail, door: access.door)
        var options = Server.Options()
        // Half of what may be open stays for segments, rings and the index.
        let openFiles = Process.allowOpenFiles(Self.openFilesMax)
        options.connectionsMax = min(options.connectionsMax, openFiles / 2)
        let server = try Server(
            doors.entrances, desk: desk, gate: gate, origin: session.log.origin,
            clock: SystemClock(), options: options)
        guard !doors.gateway.isEmpty else { return (server, nil) }
        do throws(Failure) {
            return (
                server, try Gateway(doors.gateway, desk: desk, gate: gate, clock: SystemClock())
            )
        } catch {
            server.end()
            throw error
        }
    }

    private func recording() throws -> Recorder.Options {
        var options = Recorder.Options()
        if let bytes = try arguments.size("keep-free") { options.freeBytesMin = bytes }
        if let bytes = try arguments.size("usb-ring") { options.usbRingBytes = bytes }
        options.watchesUSB = !arguments.has("no-usb")
        let console = self.console
        options.say = { words in console.print("\(Amount.time(SystemClock().now))  \(words)") }
        return options
    }

    private static func anchor(_ path: String) throws(Failure) -> SignedNote {
        let bytes = try RealFileSystem().contents(of: path, limit: SignedNote.bytesMax)
        do throws(Failure) {
            let note = try SignedNote(parsing: bytes)
            _ = try Checkpoint(text: note.text)
            return note
        } catch {
            throw Failure(.invalid, "\(path) is no checkpoint: \(error.words)")
        }
    }

    private func largest(_ notes: [SignedNote]) throws -> UInt64? {
        try notes.map { try Checkpoint(text: $0.text).size }.max()
    }
}

/// What only the start can say.
struct StartPage {
    private let session: Session
    private let isNew: Bool
    /// The first admin's password, which is told here and nowhere else.
    private let firstSecret: String?

    init(_ session: Session, isNew: Bool, firstSecret: String?) {
        self.session = session
        self.isNew = isNew
        self.firstSecret = firstSecret
    }

    func print(_ console: Console) {
        if isNew {
            console.print(
                console.bold("a new log, with new keys in \(session.directory.keys.folder)"))
        }
        if let firstSecret {
            console.print(
                "the first admin is \(console.bold("admin"))"
                    + " with the password \(console.bold(firstSecret))")
            console.print(
                "it is shown once, and opens nothing until it is changed: proofreel user passwd"
                    + " admin")
        }
        let report = session.report
        if report.takenOver > 0 {
            console.print(
                "the last run did not end in order: "
                    + "\(Amount.count(report.takenOver, "leaf", "leaves")) after checkpoint"
                    + " \(report.checkpointSize) taken over, all whole")
        }
        if report.reindexed > 0 {
            console.print("\(Amount.count(report.reindexed, "leaf", "leaves")) indexed again")
        }
        if report.droppedBytes > 0 {
            console.print(
                console.warning(
                    "\(Amount.bytes(report.droppedBytes)) of an unfinished write dropped;")
                    + " nobody had been told of them")
        }
    }
}

/// Says what changed since the last look, and nothing when nothing did.
struct Watch {
    private let session: Session
    private let scrubbing: Scrubbing
    private var stopped = false
    private var scrubStopped = false
    private var isLow = false
    private var isSynchronised = SystemClock().trust.synchronised

    init(_ session: Session, _ scrubbing: Scrubbing) {
        self.session = session
        self.scrubbing = scrubbing
        isLow = lowSpace
    }

    private var lowSpace: Bool {
        do throws(Failure) {
            return try DiskSpace(at: session.directory.path).freeBytes < StatusReport.freeBytesLow
        } catch {
            return false
        }
    }

    mutating func look(_ console: Console) {
        func say(_ text: String) { console.print("\(Amount.time(SystemClock().now))  \(text)") }
        if !stopped, let failure = session.log.stopped {
            stopped = true
            say(console.bad("STOPPED: \(failure.words)"))
            say("nothing is stored any more; end this process, mend the cause, start again")
        }
        if !stopped, !scrubStopped, let failure = scrubbing.failure {
            scrubStopped = true
            say(console.warning("segments are not read again any more: \(failure.words)"))
        }
        let low = lowSpace
        if low != isLow {
            isLow = low
            say(
                low
                    ? console.warning("the disk is nearly full; make room")
                    : "the disk has room again")
        }
        let synchronised = SystemClock().trust.synchronised
        if synchronised != isSynchronised {
            isSynchronised = synchronised
            say(
                synchronised
                    ? "the clock is synchronised" : "the clock is not synchronised any more")
        }
    }
}
