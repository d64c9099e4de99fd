internal import Base
internal import WireProtocol

/// What is not given is not sent.
extension FieldWriter {
    mutating func add(_ key: FieldKey, _ text: String?) {
        if let text { add(key, text) }
    }

    mutating func add(_ key: FieldKey, _ time: WallTime?) {
        if let time { add(key, time.microseconds) }
    }
}
