/// What a client shows of itself.
package enum LogIn: Hashable, Sendable {
    /// At a socket that only the owner of the data directory may open: the name that he says.
    case owner(String)
    case token(String)
    case password(user: String, String)
    /// The key of the client's certificate.
    case certificate(file: String, key: String)
}
