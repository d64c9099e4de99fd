internal import Base
internal import EvidenceFormat

/// What a witness sends back, with the status that C2SP tlog-witness names for it.
package struct WitnessAnswer: Hashable, Sendable {
    package let status: Int
    package let mime: String
    package let body: [UInt8]

    init(_ status: Int, _ words: String) {
        self.status = status
        mime = "text/plain; charset=utf-8"
        body = Array((words + "\n").utf8)
    }

    private init(_ status: Int, mime: String, _ body: [UInt8]) {
        self.status = status
        self.mime = mime
        self.body = body
    }

    static func cosigned(_ line: NoteSignature) -> WitnessAnswer {
        WitnessAnswer(200, mime: "text/plain; charset=utf-8", line.line)
    }

    static func last(_ note: SignedNote?) -> WitnessAnswer {
        guard let note else { return WitnessAnswer(404, "this witness has not seen that log") }
        return WitnessAnswer(200, mime: "text/plain; charset=utf-8", note.encode())
    }

    static func refused(_ verdict: WitnessRules.Verdict) -> WitnessAnswer {
        switch verdict {
        case .cosign: preconditionFailure("what is cosigned is not refused")
        case .unknownLog(let origin): WitnessAnswer(404, "the log \(origin) is not known here")
        case .untrusted(let words): WitnessAnswer(403, words)
        case .malformed(let words): WitnessAnswer(400, words)
        case .conflict(let size):
            WitnessAnswer(409, mime: "text/x.tlog.size", Array("\(size)\n".utf8))
        case .inconsistent:
            WitnessAnswer(422, "the proof does not lead from what was seen last to this checkpoint")
        }
    }

    /// As it goes over the wire; the connection ends after it.
    package var bytes: [UInt8] {
        Array(
            ("HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(mime)\r\n"
                + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n").utf8) + body
    }

    private var reason: String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 422: "Unprocessable Content"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}

extension Witness {
    package func answer(_ request: WitnessRequestReader.Request) -> WitnessAnswer {
        switch request {
        case .last(let hash): return .last(last(named: hash))
        case .add(let request):
            do throws(Failure) {
                switch try add(request) {
                case .cosigned(let line): return .cosigned(line)
                case .refused(let verdict): return .refused(verdict)
                }
            } catch {
                return WitnessAnswer(500, "what was seen cannot be kept here: \(error.words)")
            }
        }
    }
}
