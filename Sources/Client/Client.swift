package import Base
internal import Linux
package import WireProtocol

/// A server to ask, as programs see it: connects when it is first needed, and again when the
/// connection broke. What reads, or carries a request id, is repeated then; anything else ends in
/// `.unknownOutcome`, because it may have been done. One thread at a time.
package final class Client {
    package struct Options: Sendable {
        package var address: ServerAddress
        package var logIn: LogIn
        package var trust: Trust
        /// For each wait: to be connected, for an answer to begin or to go on.
        package var timeoutMilliseconds = 30_000
        /// So long a server that is not there yet is tried again.
        package var waitMilliseconds = 0

        package init(_ address: ServerAddress, _ logIn: LogIn, _ trust: Trust) {
            self.address = address
            self.logIn = logIn
            self.trust = trust
        }
    }

    package static let attemptsMax = 5
    private static let pauseMilliseconds = 100
    private static let pauseMillisecondsMax = 5000

    private let options: Options
    private let clock = SystemClock()
    private var connection: Connection?
    /// Who was never there is not asked for again and again, unless `waitMilliseconds` says so.
    private var hasBeenConnected = false

    package init(_ options: Options) throws(Failure) {
        if case .host(let host, _) = options.address, case .plain = options.trust {
            let isLoopback = IPAddress(host)?.isLoopback ?? (host == "localhost")
            guard isLoopback else {
                throw Failure(
                    .invalid,
                    "without TLS everybody between here and \(host) reads the secret; only loopback"
                        + " addresses are asked so")
            }
        }
        self.options = options
    }

    package func close() {
        connection?.close()
        connection = nil
    }

    /// Name of the log, and who we are to the server.
    package func whoAmI() throws -> (origin: String, identity: String, mustChange: Bool) {
        let connection = try connected()
        return (connection.origin, connection.identity, connection.mustChange)
    }

    /// `isSafe`: asked twice it does nothing twice.
    package func ask(
        _ operation: Operation, _ fields: FieldWriter = FieldWriter(), upload: [UInt8]? = nil,
        isSafe: Bool, _ sink: Sink = Sink()
    ) throws -> Answer {
        var pause = Self.pauseMilliseconds
        var mayBeDone = false
        var attempt = 1
        while true {
            var isAsking = false
            do {
                let connection = try connected()
                isAsking = true
                return try connection.ask(operation, fields, upload: upload, sink)
            } catch let error as WireError {
                // Said when nothing was done, this time.
                guard Self.passes(error) else { throw error }
                guard attempt < Self.attemptsMax else {
                    if mayBeDone { try Self.rejectUnknown(error.words, fields, isSafe) }
                    throw error
                }
                pause = max(pause, Int(clamping: error.retryMilliseconds ?? 0))
            } catch let failure as Failure where failure.kind == .io {
                close()
                mayBeDone = mayBeDone || isAsking
                let isRepeated = isSafe || !mayBeDone
                guard isRepeated, hasBeenConnected, attempt < Self.attemptsMax else {
                    if mayBeDone { try Self.rejectUnknown(failure.words, fields, isSafe) }
                    throw failure
                }
            }
            try sink.restart?()
            Thread.sleep(nanoseconds: UInt64(pause) * 1_000_000)
            pause = min(pause * 2, Self.pauseMillisecondsMax)
            attempt += 1
        }
    }

    /// Throws when the request, which the server may have done, does more than read.
    private static func rejectUnknown(
        _ words: String, _ fields: FieldWriter, _ isSafe: Bool
    ) throws {
        let start = "\(words); whether it was done is not known: "
        if let id = try Fields(fields.bytes.span).text(.requestID) {
            throw Failure(
                .unknownOutcome,
                start + "with the request id \(id) it may be repeated, and is done once")
        }
        guard isSafe else {
            throw Failure(.unknownOutcome, start + "look before you repeat it")
        }
    }

    private static func passes(_ error: WireError) -> Bool {
        switch error.code {
        case .busy, .tooMany, .goingAway: true
        default: false
        }
    }

    private func connected() throws -> Connection {
        if let connection {
            if connection.isUsable { return connection }
            close()
        }
        let end = clock.monotonicNanoseconds + UInt64(options.waitMilliseconds) * 1_000_000
        while true {
            do {
                let made = try Connection(options)
                connection = made
                hasBeenConnected = true
                return made
            } catch let failure as Failure where failure.kind == .io || failure.kind == .notFound {
                guard clock.monotonicNanoseconds < end else {
                    throw Failure(
                        .io, "there is no server at \(options.address): \(failure.words)")
                }
                Thread.sleep(nanoseconds: UInt64(Self.pauseMilliseconds) * 1_000_000)
            }
        }
    }
}
