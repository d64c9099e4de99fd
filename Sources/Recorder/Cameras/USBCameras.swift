internal import Base
internal import Ingest
internal import Linux
internal import V4L2

/// Cameras that are plugged in record without anybody's doing: one that is new gets an id and its
/// maker's name for it, one that was there before goes on at once.
final class USBCameras: Sendable {
    private let stop = StopSignal()
    private let watch: Monitor<USBWatch?>

    /// `arrived` is called on the watch's thread.
    init(arrived: @escaping @Sendable (USBCamera) -> Void) {
        watch = Monitor(nil)
        let made = USBWatch(stop: stop) { change in
            if case .arrived(let camera) = change { arrived(camera) }
        }
        watch.withLock { $0 = made }
    }

    func end() {
        stop.raise()
        watch.withLock { $0.take() }?.join()
    }

    /// `HD Pro Webcam C920` becomes `hd-pro-webcam-c920`, with a number when that is taken.
    static func id(for name: String, taken: Set<String>) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case 0x41...0x5A: text.unicodeScalars.append(Unicode.Scalar(byte + 0x20))
            case 0x61...0x7A, 0x30...0x39: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: if !text.isEmpty, text.last != "-" { text += "-" }
            }
        }
        text = String(text.prefix(40))
        while text.last == "-" { text.removeLast() }
        if text.isEmpty { text = "usb" }
        var id = text
        var number = 2
        while taken.contains(id) {
            id = "\(text)-\(number)"
            number += 1
        }
        return id
    }
}

extension Recorder {
    /// A USB camera is there.
    func usbArrived(_ found: USBCamera) {
        let known = book.all.first { config in
            config.url.scheme == .usb && found.answers(to: config.url.address)
        }
        if let known {
            // It waits out its pause between two attempts otherwise.
            if let camera = all.first(where: { $0.config.id == known.id }) { camera.retryNow() }
            return
        }
        let id = USBCameras.id(for: found.name, taken: Set(book.all.map(\.id)))
        do throws(Failure) {
            var config = try CameraConfig(
                id: id, name: found.name, url: try CameraURL(found.id), added: clock.now)
            config.ringBytes = options.usbRingBytes
            try add(config, credentials: nil)
            options.say("\(found.name) was plugged in; it records as \(id)")
        } catch {
            options.say("\(found.name) was plugged in and does not record: \(error.words)")
        }
    }
}
