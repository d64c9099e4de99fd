internal import Base
internal import COpenSSL

/// Turns OpenSSL's error queue into one failure with words. The queue belongs to the thread and is
/// emptied before each call that may fail, so that no failure tells of an older one.
extension Failure {
    init(openSSL what: String, _ kind: FailureKind = .io) {
        self.init(kind, "\(what): \(openSSLWords() ?? "OpenSSL does not say why")")
    }
}

/// The reasons in the queue, the first one first; nil when there is none.
func openSSLWords() -> String? {
    var words: [String] = []
    while true {
        let code = ERR_get_error()
        if code == 0 { break }
        guard let text = unsafe ERR_reason_error_string(code) else { continue }
        let reason = unsafe String(cString: text)
        if words.last != reason { words.append(reason) }
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
}

/// For calls that give 1 when they worked.
func openSSL(
    _ what: @autoclosure () -> String, _ kind: FailureKind = .invalid, _ call: () -> CInt
) throws(Failure) {
    ERR_clear_error()
    guard call() == 1 else { throw Failure(openSSL: what(), kind) }
}
