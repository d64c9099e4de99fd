package import Base
internal import Ingest

/// Whether the device that answers is the camera that was added.
extension Recorder {
    /// On the camera's thread, at each connection.
    func met(_ traits: DeviceTraits, behind id: String) {
        guard !traits.isEmpty else { return }
        let now = clock.now
        do throws(Failure) {
            let was = book.all.first { $0.id == id }?.device?.isSwapped ?? false
            let device = try book.update(device: id) { device in
                guard device != nil else { return device = KnownDevice(traits) }
                device?.met(traits, at: now)
            }
            guard let device, device.isSwapped, !was else { return }
            options.say("another device answers as \(id); proofreel camera show \(id) says more")
        } catch {
            options.say("the device that answers as \(id) could not be noted: \(error.words)")
        }
    }

    /// A person says that the device that answers now is the right one.
    package func acceptDevice(of id: String) throws(Failure) {
        let config = try book.camera(id)
        guard config.device?.isSwapped == true else {
            throw Failure(
                .invalid, "no other device answers as \(id), so there is none to be accepted")
        }
        _ = try book.update(device: id) { $0?.accept() }
    }
}
