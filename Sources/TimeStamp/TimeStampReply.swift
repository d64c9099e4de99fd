package import Base
internal import COpenSSL

/// What an authority answered (RFC 3161, `TimeStampResp`), as it stands in a `.tsr` file. What it
/// says counts once `verify` has not thrown.
package struct TimeStampReply: Hashable, Sendable {
    package static let mime = "application/timestamp-reply"
    package static let bytesMax = 256 << 10
    private static let wordsMax = 200

    package let bytes: [UInt8]
    /// When the authority says it saw the imprint.
    package let time: WallTime
    package let policy: String
    package let serial: String
    /// Empty when it is no SHA-256.
    package let imprint: Digest?
    /// Those that came with it.
    package let certificates: Certificates

    /// Throws `.rejected` when the authority refused.
    package init(_ bytes: [UInt8]) throws(TimeStampFailure) {
        let handle = try ReplyHandle(bytes)
        try Self.checkStatus(handle)
        guard let info = unsafe TS_RESP_get_tst_info(handle.raw) else {
            throw .malformed("it holds no token")
        }
        guard let time = unsafe Self.time(TS_TST_INFO_get_time(info)) else {
            throw .malformed("it states no time")
        }
        self.bytes = bytes
        self.time = time
        policy = unsafe Self.text(TS_TST_INFO_get_policy_id(info))
        serial = unsafe Self.bytes(TS_TST_INFO_get_serial(info)).hex
        imprint = unsafe Self.imprint(info)
        certificates = unsafe Self.certificates(handle.raw)
    }

    /// Granted, or granted with changes, which the checks that follow would notice.
    private static func checkStatus(_ handle: borrowing ReplyHandle) throws(TimeStampFailure) {
        let info = unsafe TS_RESP_get_status_info(handle.raw)
        let status = unsafe ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info))
        guard status != CLong(TS_STATUS_GRANTED), status != CLong(TS_STATUS_GRANTED_WITH_MODS)
        else { return }
        var words: [String] = []
        if let texts = unsafe TS_STATUS_INFO_get0_text(info) {
            for i in 0..<min(4, unsafe proofreel_texts_count(texts)) {
                let text = unsafe bytes(proofreel_text_at(texts, i))
                words.append(String(decoding: text, as: UTF8.self).cut(toBytes: wordsMax))
            }
        }
        let reasons = unsafe failures(TS_STATUS_INFO_get0_failure_info(info))
        let said = (words + reasons).joined(separator: ", ")
        throw TimeStampFailure(
            .rejected,
            "the authority refused (status \(status))\(said.isEmpty ? "" : ": \(said)")")
    }

    private static func failures(_ info: UnsafePointer<ASN1_BIT_STRING>?) -> [String] {
        let names: [(CInt, String)] = [
            (TS_INFO_BAD_ALG, "it does not know SHA-256"),
            (TS_INFO_BAD_REQUEST, "it does not take such a request"),
            (TS_INFO_BAD_DATA_FORMAT, "it found the request malformed"),
            (TS_INFO_TIME_NOT_AVAILABLE, "it has no time now"),
            (TS_INFO_UNACCEPTED_POLICY, "it does not have the policy that was asked for"),
            (TS_INFO_SYSTEM_FAILURE, "it has a fault"),
        ]
        guard let info = unsafe info else { return [] }
        return names.filter { unsafe ASN1_BIT_STRING_get_bit(info, $0.0) == 1 }.map(\.1)
    }

    private static func imprint(_ info: OpaquePointer) -> Digest? {
        guard let imprint = unsafe TS_TST_INFO_get_msg_imprint(info),
            let algorithm = unsafe TS_MSG_IMPRINT_get_algo(imprint),
            unsafe OBJ_obj2nid(algorithm.pointee.algorithm) == NID_sha256
        else { return nil }
        return Digest(unsafe bytes(TS_MSG_IMPRINT_get_msg(imprint)))
    }

    private static func certificates(_ response: OpaquePointer) -> Certificates {
        guard let token = unsafe TS_RESP_get_token(response),
            let stack = unsafe proofreel_token_certificates(token)
        else { return Certificates([]) }
        let count = unsafe min(
            CInt(Certificates.countMax), proofreel_certificates_count(stack))
        return Certificates(
            (0..<max(0, count)).compactMap { i in
                unsafe proofreel_certificate_at(stack, i).map { unsafe der($0) }
            })
    }

    private static func text(_ object: OpaquePointer?) -> String {
        var text = [CChar](repeating: 0, count: TimeStampRequest.policyBytesMax + 28)
        let count = unsafe OBJ_obj2txt(&text, CInt(text.count), object, 1)
        guard count > 0, count < text.count else { return "" }
        return String(
            decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let string = unsafe string, let start = unsafe ASN1_STRING_get0_data(string) else {
            return []
        }
        return unsafe Array(
            UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
    }

    /// `YYYYMMDDhhmmss[.f…]Z`, which is all that RFC 3161 allows.
    private static func time(_ string: UnsafePointer<ASN1_STRING>?) -> WallTime? {
        let text = unsafe bytes(string)
        guard text.count >= 15, text.last == 0x5A else { return nil }
        var fraction = Array(text[14...].dropLast())
        if !fraction.isEmpty {
            guard fraction.removeFirst() == 0x2E, !fraction.isEmpty else { return nil }
        }
        // Further digits are cut off: earlier by less than a microsecond.
        fraction = Array((fraction + [UInt8](repeating: 0x30, count: 6)).prefix(6))
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        return WallTime(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):"
                + "\(part(12..<14)).\(String(decoding: fraction, as: UTF8.self))Z")
    }
}

/// Owns a `TS_RESP`.
@safe struct ReplyHandle: ~Copyable {
    let raw: OpaquePointer

    /// One DER value and nothing after it.
    init(_ bytes: [UInt8]) throws(TimeStampFailure) {
        guard bytes.count <= TimeStampReply.bytesMax else {
            throw .malformed("it has \(bytes.count) bytes; at most \(TimeStampReply.bytesMax)")
        }
        ERR_clear_error()
        var used = 0
        let raw = unsafe bytes.withUnsafeBufferPointer { bytes in
            var at = bytes.baseAddress
            let made = unsafe d2i_TS_RESP(nil, &at, bytes.count)
            used = unsafe at.map { unsafe $0 - bytes.baseAddress! } ?? 0
            return unsafe made
        }
        guard let raw = unsafe raw else {
            ERR_clear_error()
            throw .malformed("it is not DER")
        }
        guard used == bytes.count else {
            unsafe TS_RESP_free(raw)
            throw .malformed("\(bytes.count - used) bytes follow it")
        }
        unsafe self.raw = raw
    }

    deinit { unsafe TS_RESP_free(raw) }
}
