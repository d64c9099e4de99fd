internal import Base
internal import CCurl
internal import Glibc

/// What curl's callbacks write to while one exchange runs. It lives on the asking thread.
final class Transfer {
    private let receiver: any HTTPReceiver
    private let limits: HTTPLimits
    private(set) var head = HTTPHead()
    private(set) var isAnswered = false
    /// An answer is complete up to the end of its header; curl may still follow a redirect.
    private(set) var hasHeader = false
    private(set) var bytesReceived = 0
    private(set) var lastByte: UInt64
    private var headerBytes = 0
    /// What ended the exchange from our side.
    private(set) var failure: HTTPFailure?

    /// Also what stands below a refusal is given to the receiver.
    private let takesAnyStatus: Bool

    init(_ receiver: any HTTPReceiver, _ limits: HTTPLimits, takesAnyStatus: Bool = false) {
        self.receiver = receiver
        self.takesAnyStatus = takesAnyStatus
        self.limits = limits
        lastByte = monotonicMilliseconds()
    }

    /// One header line, of any of the answers. False ends the exchange.
    func headerLine(_ line: Span<UInt8>) -> Bool {
        lastByte = monotonicMilliseconds()
        headerBytes += line.count
        guard headerBytes <= limits.headerBytesMax else { return fail(tooLargeHeader) }
        let text = String(decoding: line.array(), as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            head = HTTPHead()
            hasHeader = false
            head.status = Int(text.split(separator: " ").dropFirst().first?.prefix(3) ?? "") ?? 0
            return true
        }
        if line.count <= 2 {
            hasHeader = head.status >= 200
            // The next answer of a redirect has its own allowance.
            headerBytes = 0
            return true
        }
        guard let colon = text.utf8.firstIndex(of: 0x3A) else { return true }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        let trimmed = String(value.prefix { !$0.isNewline })
        switch text[..<colon].lowercased() {
        case "content-type": head.contentType = trimmed
        case "content-length": head.contentLength = Int(trimmed)
        case "date":
            let seconds = unsafe curl_getdate(trimmed, nil)
            if seconds > 0 { head.date = WallTime(microseconds: Int64(seconds) * 1_000_000) }
        case "server": head.server = trimmed
        default: break
        }
        return true
    }

    /// Bytes of the body of the answer that counts: curl swallows the others itself.
    func body(_ bytes: Span<UInt8>) -> Bool {
        lastByte = monotonicMilliseconds()
        bytesReceived += bytes.count
        // What an error page says is of no interest, however long it is.
        guard takesAnyStatus || (200...299).contains(head.status) else { return false }
        if let max = limits.bodyBytesMax, max < bytesReceived || max < head.contentLength ?? 0 {
            return fail(
                HTTPFailure(
                    .bodyTooLarge,
                    Failure(.invalid, "the answer is larger than \(max >> 10) KiB")))
        }
        do throws(Failure) {
            try answer()
            try receiver.received(bytes)
            return true
        } catch {
            return fail(HTTPFailure(.receiver, error))
        }
    }

    /// Between two rounds of waiting. False ends the exchange.
    func turn() -> Bool {
        do throws(Failure) {
            try receiver.checkpoint()
            return true
        } catch {
            return fail(HTTPFailure(.receiver, error))
        }
    }

    /// An answer without a body has no first byte to announce it.
    func finish() throws(Failure) {
        if (200...299).contains(head.status) { try answer() }
    }

    func fail(_ failure: HTTPFailure) -> Bool {
        self.failure = self.failure ?? failure
        return false
    }

    var tooLargeHeader: HTTPFailure {
        HTTPFailure(
            .headerTooLarge,
            Failure(
                .invalid, "the answer's header is larger than \(limits.headerBytesMax >> 10) KiB"))
    }

    private func answer() throws(Failure) {
        if isAnswered { return }
        isAnswered = true
        try receiver.answered(head)
    }
}

func monotonicMilliseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
}
