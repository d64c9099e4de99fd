internal import Base
package import Linux
package import V4L2

/// Tells which USB cameras are plugged in, and when one comes or goes. Owns a thread, on which it
/// calls back; ends with `stop` raised and `join`.
package final class USBWatch: Sendable {
    package enum Change: Hashable, Sendable {
        case arrived(USBCamera)
        case left(USBCamera)
    }

    /// Events are what makes it quick. This is for what has none: a container without netlink.
    private static let rescanMilliseconds = 30_000
    private static let rescanBlindMilliseconds = 2000
    /// udev takes a moment to say who may use a camera; without udev no event ends that moment.
    private static let settleMilliseconds = 300
    private static let settleTriesMax = 10

    private let stop: StopSignal
    private let thread: Thread

    /// First tells of all cameras that are there.
    package init(stop: StopSignal, onChange: @escaping @Sendable (Change) -> Void) {
        self.stop = stop
        thread = Thread(name: "usb-watch") { Self.run(stop, onChange) }
    }

    package func join() { thread.join() }

    private static func run(_ stop: StopSignal, _ onChange: (Change) -> Void) {
        var events: DeviceEvents?
        do throws(Failure) {
            events = try DeviceEvents(subsystem: "video4linux")
        } catch {
            // Looking every two seconds is slower and finds the same.
            events = nil
        }
        var known: [USBCamera] = []
        var tries = 0
        while !stop.isRaised {
            let list = CameraList.now()
            let cameras = present(known, list)
            for change in changes(from: known, to: cameras) { onChange(change) }
            known = cameras
            tries = list.unsettled.isEmpty ? 0 : tries + 1
            let isSettling = 1...settleTriesMax ~= tries
            if let events {
                let pause = isSettling ? settleMilliseconds : rescanMilliseconds
                _ = events.wait(until: stop, milliseconds: pause)
            } else {
                stop.wait(
                    milliseconds: isSettling ? settleMilliseconds : rescanBlindMilliseconds)
            }
        }
    }

    /// Those of the list, and those that were there and cannot be asked just now.
    static func present(_ known: [USBCamera], _ list: CameraList) -> [USBCamera] {
        let silent = Set(list.unsettled.map(\.node))
        let listed = Set(list.cameras.map(\.id))
        return list.cameras + known.filter { silent.contains($0.node) && !listed.contains($0.id) }
    }

    /// Who left comes first. A camera whose identity changed, because its twin came or went, left
    /// and arrived.
    static func changes(from old: [USBCamera], to new: [USBCamera]) -> [Change] {
        old.filter { !new.contains($0) }.map { .left($0) }
            + new.filter { !old.contains($0) }.map { .arrived($0) }
    }
}
