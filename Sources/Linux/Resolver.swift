internal import CLinux
internal import Glibc

/// Addresses of names. `getaddrinfo` blocks for as long as name servers like, so it has a thread of
/// its own; one that is not done in time is left to end by itself.
package enum Resolver {
    package enum Answer: Hashable, Sendable {
        case addresses([IPAddress])
        /// No such name, or it has no address.
        case unknown
        /// No name server said anything.
        case noAnswer
    }

    package static let addressesMax = 16

    private struct State {
        var answer: Answer?
    }

    package static func resolve(_ host: String, milliseconds: Int) -> Answer {
        let state = Monitor(State())
        let thread = Thread(name: "resolver") {
            let answer = ask(host)
            state.withLock { $0.answer = answer }
            state.broadcast()
        }
        guard let answer = wait(for: state, milliseconds) else {
            thread.detach()
            return .noAnswer
        }
        thread.join()
        return answer
    }

    private static func wait(for state: Monitor<State>, _ milliseconds: Int) -> Answer? {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds + UInt64(max(0, milliseconds)) * 1_000_000
        state.lock()
        defer { state.unlock() }
        while state.locked.answer == nil {
            let now = clock.monotonicNanoseconds
            guard now < end else { return nil }
            _ = state.wait(milliseconds: Int((end - now) / 1_000_000) + 1)
        }
        return state.locked.answer
    }

    private static func ask(_ host: String) -> Answer {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        defer { unsafe freeaddrinfo(list) }
        guard code == 0 else { return code == EAI_AGAIN ? .noAnswer : .unknown }
        var addresses: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next, addresses.count < addressesMax {
            if let address = unsafe IPAddress(entry.pointee.ai_addr) { addresses.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .unknown : .addresses(addresses)
    }
}
