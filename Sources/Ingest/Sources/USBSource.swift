package import Base
package import Linux
package import V4L2

/// A USB camera. MJPEG goes byte for byte from the driver's buffer to the sink; H.264 as NAL units;
/// uncoded pictures are made JPEGs.
package final class USBSource: Source {
    package struct Options: Sendable {
        package var wish = ModeWish()
        /// Settings of the camera by name, as `v4l2-ctl` spells them.
        package var controls: [String: Int] = [:]
        /// Without a whole picture for so long, the camera hangs. Some need two seconds to start.
        package var stallMilliseconds = 5000
        /// After so many broken pictures in a row, the source fails.
        package var brokenInARowMax = 150
        /// Of the JPEGs that are made here.
        package var quality = 92
        /// udev says who may use a camera a moment after it is there.
        package var settleMilliseconds = 3000

        package init() {}
    }

    private static let turnMilliseconds = 250

    private let id: String
    private let clock: any Clock
    private let options: Options

    /// `id`: an identity of `USBCamera`, with `usb:`.
    package init(_ id: String, clock: any Clock, options: Options = Options()) {
        self.id = id
        self.clock = clock
        self.options = options
    }

    package func run(into sink: any FrameSink, until stop: StopSignal) throws(SourceFailure) {
        guard let device = try open(sink, stop) else { return }
        // Closed as soon as this returns: while a descriptor is open after an unplug, the camera
        // comes back under another number.
        defer { device.stop() }
        guard let choice = ModeChoice.best(of: device.modes(), wish: options.wish) else {
            throw noMode(device)
        }
        let mode: Mode
        do throws(V4L2Failure) {
            for (name, value) in options.controls { try set(name, value, device) }
            mode = try device.start(choice)
        } catch {
            throw SourceFailure(usb: error, at: .path)
        }
        let intake: USBIntake
        do throws(Failure) {
            intake = try USBIntake(
                mode, bytesPerLine: device.bytesPerLine, quality: options.quality, sink, clock)
        } catch {
            throw SourceFailure(
                .configuration, at: .codec, error.words, remedy: "choose another format")
        }
        try stream(device, intake, stop)
    }

    // MARK: - Opening

    /// Nil when told to stop. What is there and cannot be opened is tried again for a while.
    private func open(
        _ sink: any FrameSink, _ stop: StopSignal
    ) throws(SourceFailure) -> Device? {
        let start = clock.monotonicNanoseconds
        while true {
            let list = CameraList.now()
            let found = list.cameras(answeringTo: id)
            let failure: V4L2Failure
            do throws(V4L2Failure) {
                if found.count > 1 { throw twins(found.count) }
                if let camera = found.first {
                    let device = try Device(node: camera.node)
                    sink.identify(DeviceTraits(hardware: camera.serialID, name: camera.name))
                    return device
                }
                failure =
                    list.unsettled.first?.failure
                    ?? V4L2Failure(.gone, "no camera \(id) is plugged in")
            } catch {
                failure = error
            }
            let waited = (clock.monotonicNanoseconds - start) / 1_000_000
            let mayPass = found.count == 1 || found.isEmpty && !list.unsettled.isEmpty
            guard mayPass, waited < UInt64(options.settleMilliseconds) else {
                throw SourceFailure(usb: failure, at: .address)
            }
            if stop.wait(milliseconds: Self.turnMilliseconds) { return nil }
        }
    }

    private func twins(_ count: Int) -> V4L2Failure {
        V4L2Failure(.refused, "\(count) cameras that are plugged in answer to \(id)")
    }

    /// A setting that the camera has on automatic, or does not have, is no reason not to record.
    private func set(_ name: String, _ value: Int, _ device: Device) throws(V4L2Failure) {
        do throws(V4L2Failure) {
            try device.set(name, to: value)
        } catch {
            if error.reason != .denied, error.reason != .refused { throw error }
        }
    }

    private func noMode(_ device: Device) -> SourceFailure {
        let modes = device.modes()
        if device.isGone { return unplugged }
        let formats = Set(modes.map(\.format.description)).sorted().joined(separator: ", ")
        return SourceFailure(
            .configuration, at: .codec,
            "the camera has no mode as wished; its formats are \(formats)",
            remedy: "leave the choice of the mode open, or take one that the camera lists")
    }

    // MARK: - Streaming

    private func stream(
        _ device: Device, _ intake: USBIntake, _ stop: StopSignal
    ) throws(SourceFailure) {
        var lastWhole = clock.monotonicNanoseconds
        while !stop.isRaised {
            let ready = device.wait(
                wake: stop.descriptor, milliseconds: Self.turnMilliseconds)
            switch ready {
            case .woken: return
            case .nothing: break
            case .frame, .trouble:
                if try take(device, intake) { lastWhole = clock.monotonicNanoseconds }
                if ready == .trouble, device.isGone {
                    throw unplugged
                }
            }
            if intake.brokenInARow >= options.brokenInARowMax {
                throw SourceFailure(
                    .camera, at: .codec,
                    "\(intake.brokenInARow) pictures in a row were broken (the last one: "
                        + "\(intake.lastDrop))",
                    remedy: "use a shorter cable or another socket, without a hub between")
            }
            let silence = (clock.monotonicNanoseconds - lastWhole) / 1_000_000
            if silence > UInt64(options.stallMilliseconds) { throw stalled(intake) }
        }
    }

    /// One frame. True when it was whole.
    private func take(_ device: Device, _ intake: USBIntake) throws(SourceFailure) -> Bool {
        let before = intake.wholeCount
        let result: Result<Bool, V4L2Failure>
        do throws(Failure) {
            result = try device.next { (frame, bytes) throws(Failure) in
                try intake.take(frame, bytes)
            }
        } catch {
            throw SourceFailure(storing: error)
        }
        if case .failure(let failure) = result {
            throw failure.reason == .gone ? unplugged : SourceFailure(usb: failure, at: .port)
        }
        return intake.wholeCount > before
    }

    private var unplugged: SourceFailure {
        SourceFailure(usb: V4L2Failure(.gone, "the camera was unplugged"), at: .port)
    }

    private func stalled(_ intake: USBIntake) -> SourceFailure {
        SourceFailure(
            .camera, at: .firstFrame,
            "the camera has sent no whole picture for \(options.stallMilliseconds / 1000) s; it "
                + "hangs",
            remedy: "nothing to do if it comes back; else unplug it and plug it in again")
    }
}
