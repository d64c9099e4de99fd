internal import Base
internal import CTurboJPEG

/// Makes a failure of what TurboJPEG says about its last call.
func failure(_ operation: String, _ handle: tjhandle?, _ kind: FailureKind = .corrupt) -> Failure {
    let said = unsafe tjGetErrorStr2(handle).map { unsafe String(cString: $0) } ?? "no reason"
    return Failure(kind, "\(operation): \(said). The picture is damaged, or none")
}
