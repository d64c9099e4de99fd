import Base
import HTTPClient

/// What an address answers; for the control ports of camera servers.
package enum HTTPAnswer {
    package static func bytes(of url: String) throws -> [UInt8] {
        let answer = Collector()
        try HTTPClient(HTTPTarget(url: url)).get(answer)
        return answer.bytes
    }

    private final class Collector: HTTPReceiver {
        var bytes: [UInt8] = []
        func answered(_ head: HTTPHead) throws(Failure) {}
        func received(_ more: Span<UInt8>) throws(Failure) { bytes += more.array() }
        func checkpoint() throws(Failure) {}
        var wakeDescriptor: Int32? { nil }
    }
}
