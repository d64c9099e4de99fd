internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Recorder
package import WireProtocol

extension Desk {
    /// An answer, or what the client is told instead.
    func result(
        _ operation: Operation, _ payload: [UInt8], body: [UInt8], for caller: Caller
    ) -> Result<Answer, WireError> {
        do {
            return .success(try perform(operation, payload, body: body, for: caller))
        } catch {
            return .failure(Self.told(error))
        }
    }

    /// Any failure as clients are told it.
    package static func told(_ error: any Error) -> WireError {
        switch error {
        case let error as WireError: error
        case let failure as SnapFailure: WireError(failure)
        case let failure as Failure: WireError(failure)
        default: WireError(.io, "\(error)")
        }
    }
}

extension WireError {
    init(_ failure: SnapFailure) {
        let code: Code =
            switch failure.refusal {
            case .unknownCamera: .unknownCamera
            case .cameraOff: .cameraOff
            case .offline: .offline
            case .noFrame: .noFrame
            case .expired: .expired
            case .gap: .gap
            case .future: .future
            case .clockSet: .clockSet
            }
        self.init(code, failure.words)
        var bounds: [(String, JSON)] = []
        if let from = failure.from { bounds.append(("from", .string(from.description))) }
        if let to = failure.to { bounds.append(("to", .string(to.description))) }
        guard !bounds.isEmpty else { return }
        details = String(decoding: JSON.object(JSONObject(bounds)).encode(), as: UTF8.self)
    }
}
