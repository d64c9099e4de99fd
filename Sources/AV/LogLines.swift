internal import CAV
internal import Glibc
internal import Synchronization

/// The last lines that libav logged on one thread. libav writes to stderr, whole URLs included;
/// here its lines go to whoever listens on the thread, without credentials, and nowhere otherwise.
package final class LogLines: Sendable {
    static let linesMax = 8
    static let lineBytesMax = 240

    private struct Kept: Sendable {
        var lines: [String] = []
        var lostPackets = 0
    }

    /// Who listens, by thread. Only threads that opened something are in it.
    /// The innermost, last of its list, is told.
    private static let listeners = Mutex<[UInt: [LogLines]]>([:])
    private let kept = Mutex(Kept())
    private let thread: UInt

    /// For the calling thread, from `start()` until `stop()`.
    init() {
        Self.install
        thread = Self.currentThread
    }

    func start() { Self.listeners.withLock { $0[thread, default: []].append(self) } }

    func stop() {
        Self.listeners.withLock { all in
            all[thread]?.removeAll { $0 === self }
            if all[thread]?.isEmpty == true { all[thread] = nil }
        }
    }

    var lines: [String] { kept.withLock { $0.lines } }

    /// How often rtpdec said since the last call that packets are missing. It hands on their
    /// successors without a mark, so its log is the only place to learn of it.
    func takeLosses() -> Int {
        kept.withLock { kept in
            defer { kept.lostPackets = 0 }
            return kept.lostPackets
        }
    }

    private static var currentThread: UInt { UInt(pthread_self()) }

    /// Once for the process: from now on libav prints nothing, and no size that a camera claims
    /// makes it allocate more than a large picture needs.
    private static let install: Void = {
        av_max_alloc(256 << 20)
        unsafe av_log_set_callback { context, level, format, arguments in
            guard level <= AV_LOG_WARNING, let format = unsafe format,
                let arguments = unsafe arguments
            else { return }
            let listener = LogLines.listeners.withLock { $0[LogLines.currentThread]?.last }
            guard let listener else { return }
            var line = [CChar](repeating: 0, count: LogLines.lineBytesMax)
            var withPrefix: Int32 = 1
            let count = Int32(line.count)
            unsafe av_log_format_line(
                context, level, format, arguments, &line, count, &withPrefix)
            let bytes = line.prefix { $0 != 0 && $0 != 0x0A }.map { UInt8(bitPattern: $0) }
            listener.add(String(decoding: bytes, as: UTF8.self))
        }
    }()

    private func add(_ line: String) {
        let isLoss = line.contains("RTP: missed") || line.contains("bad cseq")
        let redacted = Self.redacted(line)
        kept.withLock { kept in
            if isLoss { kept.lostPackets += 1 }
            if kept.lines.last == redacted { return }
            if kept.lines.count == Self.linesMax { kept.lines.removeFirst() }
            kept.lines.append(redacted)
        }
    }

    /// Without what stands between `//` and `@`.
    package static func redacted(_ line: String) -> String {
        var text: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let slashes = rest.indices.dropLast(2).first(where: {
            rest[$0] == 0x3A && rest[$0 + 1] == 0x2F && rest[$0 + 2] == 0x2F
        }) {
            let start = slashes + 3
            let word = rest[start...].prefix { $0 > 0x20 && $0 != 0x22 && $0 != 0x27 }
            text += rest[..<start]
            if let at = word.lastIndex(of: 0x40) {
                text += Array("…".utf8)
                rest = rest[at...]
            } else {
                text += word
                rest = rest[word.endIndex...]
            }
        }
        return String(decoding: text + rest, as: UTF8.self)
    }
}
