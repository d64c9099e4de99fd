/// The camera's own clock against the server's, as far as it is known.
public struct CameraClock: Hashable, Sendable {
    /// Camera minus server.
    public var offsetMicroseconds: Int64
    public var errorMicroseconds: Int64

    public init(offsetMicroseconds: Int64, errorMicroseconds: Int64) {
        self.offsetMicroseconds = offsetMicroseconds
        self.errorMicroseconds = errorMicroseconds
    }
}
