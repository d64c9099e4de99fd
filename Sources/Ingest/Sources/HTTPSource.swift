package import Base
package import HTTPClient
package import Linux

/// Pictures of a camera over HTTP: either a stream of them in one answer (multipart MJPEG), or one
/// per question, asked at a steady rate. Which of the two is found out from the first answer.
package final class HTTPSource: Source {
    package enum Shape: Hashable, Sendable {
        /// Whatever the first answer is.
        case either
        case stills
        case stream
    }

    package struct Options: Sendable {
        package var shape = Shape.either
        /// Of stills. A camera that answers more slowly gives fewer.
        package var picturesPerSecond = 5.0
        /// Without a whole picture for so long, the source fails.
        package var stallMilliseconds = 10_000
        /// After so many broken pictures in a row, too.
        package var brokenInARowMax = 50
        package var limits = HTTPLimits()
        /// Of the URL, to learn which network card answers there.
        package var host: String?

        package init() {}
    }

    private let target: HTTPTarget
    private let clock: any Clock
    private let options: Options

    package init(_ target: HTTPTarget, clock: any Clock, options: Options = Options()) {
        self.target = target
        self.clock = clock
        self.options = options
    }

    package func run(into sink: any FrameSink, until stop: StopSignal) throws(SourceFailure) {
        let exchange = HTTPExchange(sink, clock: clock, stop: stop, options: options)
        var limits = options.limits
        // One for all: whether an answer is a stream without end is known only when it comes. The
        // exchange watches over pictures, in either case.
        limits.totalMilliseconds = nil
        limits.bodyBytesMax = nil
        limits.silenceMilliseconds = min(limits.silenceMilliseconds, options.stallMilliseconds)
        let client: HTTPClient
        do throws(Failure) {
            client = try HTTPClient(target, limits: limits)
        } catch {
            throw SourceFailure(
                .overload, at: .address, error.words, remedy: "restart the program")
        }
        let period = UInt64(1_000_000_000 / max(0.01, options.picturesPerSecond))
        var due = clock.monotonicNanoseconds
        while !stop.isRaised {
            guard try ask(client, exchange, stop) else { return }
            // A steady grid: what was missed is left out, not made up for.
            let now = clock.monotonicNanoseconds
            due += ((max(now, due) - due) / period + 1) * period
            if stop.wait(milliseconds: Int((due - now + 999_999) / 1_000_000)) { return }
        }
    }

    /// One exchange. False when there is to be no other: stopped, or the stream has ended.
    private func ask(
        _ client: HTTPClient, _ exchange: HTTPExchange, _ stop: StopSignal
    ) throws(SourceFailure) -> Bool {
        exchange.begin()
        do throws(HTTPFailure) {
            try client.get(exchange)
            exchange.finish()
        } catch {
            if stop.isRaised { return false }
            exchange.breakOff()
            // One still that broke off is a picture less; asking again is what comes next anyway.
            let isTolerable =
                error.reason == .partial && exchange.isStill
                && exchange.wholeCount > 0
            if !isTolerable, exchange.verdict == nil {
                throw SourceFailure(http: error, after: exchange.wholeCount)
            }
        }
        exchange.judge()
        if let verdict = exchange.verdict { throw verdict }
        return exchange.isStill
    }
}
