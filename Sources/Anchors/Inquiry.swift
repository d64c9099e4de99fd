internal import Base
internal import HTTPClient
internal import Linux

/// One question over HTTP that ends at once when it is told to.
struct Inquiry: Sendable {
    let stop: StopSignal

    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connectMilliseconds = 10_000
        limits.answerMilliseconds = 20_000
        limits.totalMilliseconds = 30_000
        limits.bodyBytesMax = 512 << 10
        return limits
    }

    func post(
        _ body: [UInt8], mime: String, accepting: String? = nil, to url: String
    ) throws(Failure) -> HTTPReply {
        var target = HTTPTarget(url: url)
        target.usesProxy = true
        let client = try HTTPClient(target, limits: Self.limits)
        do throws(HTTPFailure) {
            return try client.post(body, mime: mime, accepting: accepting, until: Waiter(stop))
        } catch {
            throw error.failure
        }
    }

    func fetch(_ url: String, seconds: Int = 30) throws(Failure) -> HTTPReply {
        var target = HTTPTarget(url: url)
        target.usesProxy = true
        var limits = Self.limits
        limits.connectMilliseconds = min(limits.connectMilliseconds, seconds * 1000)
        limits.answerMilliseconds = min(limits.answerMilliseconds, seconds * 1000)
        limits.totalMilliseconds = seconds * 1000
        let client = try HTTPClient(target, limits: limits)
        do throws(HTTPFailure) {
            return try client.fetch(until: Waiter(stop))
        } catch {
            throw error.failure
        }
    }
}

/// Only the end of the wait interests here.
private final class Waiter: HTTPReceiver {
    private let stop: StopSignal

    init(_ stop: StopSignal) { self.stop = stop }

    var wakeDescriptor: Int32? { stop.descriptor }
    func answered(_ head: HTTPHead) throws(Failure) {}
    func received(_ bytes: Span<UInt8>) throws(Failure) {}
    func checkpoint() throws(Failure) {
        if stop.isRaised { throw Failure(.stopped, "told to end") }
    }
}
