internal import Base

extension Array where Element == UInt8 {
    /// Bytes of a vector as a document prints it: hexadecimal, spaces for the eye.
    package static func vector(_ text: String) -> [UInt8] {
        guard let bytes = [UInt8](hex: text.filter { !$0.isWhitespace }) else {
            preconditionFailure("not hexadecimal: \(text)")
        }
        return bytes
    }
}
