internal import Base
internal import Evidence
internal import Factory
internal import Linux

/// Keyboards, foot switches and scanners at work centres, each with a thread that waits for its
/// keys. A device that was unplugged is found again by its id.
final class Inputs: Sendable {
    private struct Listener {
        let wish: Wish
        let stop: StopSignal
        let thread: Thread
    }

    /// What of a work centre a listener depends on.
    struct Wish: Hashable, Sendable {
        let centre: String
        let device: String
        let grabs: Bool
        let scans: Bool

        init?(_ centre: WorkCentre) {
            guard let input = centre.input else { return nil }
            self.centre = centre.id
            device = input
            grabs = centre.grabs
            scans = centre.scans
        }
    }

    typealias Pressed = @Sendable (Wish, KeyStream.Made) -> Void

    private let pressed: Pressed
    private let say: @Sendable (String) -> Void
    private let listeners = Monitor<[Listener]>([])

    init(say: @escaping @Sendable (String) -> Void, pressed: @escaping Pressed) {
        self.say = say
        self.pressed = pressed
    }

    /// From now on these, and no others. Waits for presses that those who go have begun.
    func listen(_ wishes: [Wish]) {
        let gone = listeners.withLock { listeners in
            let gone = listeners.filter { !wishes.contains($0.wish) }
            listeners.removeAll { !wishes.contains($0.wish) }
            for wish in wishes where !listeners.contains(where: { $0.wish == wish }) {
                listeners.append(start(wish))
            }
            return gone
        }
        for listener in gone { listener.stop.raise() }
        for listener in gone { listener.thread.join() }
    }

    func end() { listen([]) }

    private func start(_ wish: Wish) -> Listener {
        let stop = StopSignal()
        let (pressed, say) = (pressed, say)
        let thread = Thread(name: "input", hasShortTurns: true) {
            var ear = Ear(wish, say)
            while !stop.isRaised {
                for made in ear.hear(until: stop) { pressed(wish, made) }
            }
        }
        return Listener(wish: wish, stop: stop, thread: thread)
    }
}

/// Listens to one device, as long as it is there, and looks for it while it is not.
private struct Ear {
    private static let lookMilliseconds = 500

    private let wish: Inputs.Wish
    private let say: (String) -> Void
    private var reader: InputReader?
    private var stream: KeyStream
    /// What was said last, so that it is said once.
    private var said: String?

    init(_ wish: Inputs.Wish, _ say: @escaping (String) -> Void) {
        self.wish = wish
        self.say = say
        stream = KeyStream(scans: wish.scans)
    }

    mutating func hear(until stop: StopSignal) -> [KeyStream.Made] {
        do throws(Failure) {
            guard let reader = try open() else {
                tell("the input device \(wish.device) of \(wish.centre) is not plugged in")
                stop.wait(milliseconds: Self.lookMilliseconds)
                return []
            }
            return try reader.next(until: stop, milliseconds: 10_000).compactMap { take($0) }
        } catch {
            reader = nil
            stream.reset()
            tell("the input device \(wish.device) of \(wish.centre): \(error.words)")
            stop.wait(milliseconds: Self.lookMilliseconds)
            return []
        }
    }

    private mutating func open() throws(Failure) -> InputReader? {
        if let reader { return reader }
        guard let device = InputDevice.all().first(where: { $0.id == wish.device }) else {
            return nil
        }
        reader = try InputReader(node: device.node, grab: wish.grabs)
        tell("\(device.name) takes pictures at \(wish.centre)")
        return reader
    }

    private mutating func take(_ event: InputReader.Event) -> KeyStream.Made? {
        switch event {
        case .key(let code, let isDown, let at): return stream.take(code, isDown: isDown, at: at)
        case .lost:
            stream.reset()
            say("keys of \(wish.device) were lost; \(wish.centre) was too busy")
            return nil
        }
    }

    private mutating func tell(_ words: String) {
        guard said != words else { return }
        said = words
        say(words)
    }
}
