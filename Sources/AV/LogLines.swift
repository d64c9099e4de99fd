internal import CAV
internal import Glibc

/// The last lines that libav logged on one thread. libav writes to stderr, whole URLs included;
/// here its lines go to whoever listens on the thread, without credentials, and nowhere otherwise.
///
/// Touched by its own thread alone: libav calls back on the thread that called it, and what the
/// decoder's own threads say goes nowhere. That is what `@unchecked Sendable` claims.
@safe package final class LogLines: @unchecked Sendable {
    static let linesMax = 8
    static let lineBytesMax = 240

    private(set) var lines: [String] = []
    private var lostPackets = 0
    /// Who listened on this thread before `start`.
    private var outer: LogLines?

    /// For the calling thread, from `start()` until `stop()`.
    init() { Self.install }

    func start() {
        outer = Self.current
        Self.setCurrent(self)
    }

    func stop() {
        if Self.current === self {
            Self.setCurrent(outer)
        } else {
            // Somebody who started later goes on listening.
            var inner = Self.current
            while let one = inner, one.outer !== self { inner = one.outer }
            inner?.outer = outer
        }
        outer = nil
    }

    /// How often rtpdec said since the last call that packets are missing. It hands on their
    /// successors without a mark, so its log is the only place to learn of it.
    func takeLosses() -> Int {
        defer { lostPackets = 0 }
        return lostPackets
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let code = unsafe pthread_key_create(&key, nil)
        precondition(code == 0, "the system has no thread key left to give (errno \(code))")
        return key
    }()

    /// Who is told on the calling thread; kept alive by whoever started it.
    private static var current: LogLines? {
        guard let pointer = unsafe pthread_getspecific(key) else { return nil }
        return unsafe Unmanaged<LogLines>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static func setCurrent(_ listener: LogLines?) {
        let pointer = unsafe listener.map { unsafe Unmanaged.passUnretained($0).toOpaque() }
        unsafe pthread_setspecific(key, pointer)
    }

    /// Once for the process: from now on libav prints nothing, and no size that a camera claims
    /// makes it allocate more than a large picture needs.
    private static let install: Void = {
        av_max_alloc(256 << 20)
        unsafe av_log_set_callback { context, level, format, arguments in
            guard level <= AV_LOG_WARNING, let format = unsafe format,
                let arguments = unsafe arguments
            else { return }
            guard let listener = LogLines.current else { return }
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
        if isLoss { lostPackets += 1 }
        if lines.last == redacted { return }
        if lines.count == Self.linesMax { lines.removeFirst() }
        lines.append(redacted)
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
