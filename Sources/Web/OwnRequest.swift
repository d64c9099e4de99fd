internal import HTTPD
internal import WireProtocol

/// Requests that change something come from programs and from pages of ours, never from a page that
/// a person with a remembered password happens to look at. Browsers add that password to whatever
/// another page sends here, but without our leave such a page can send neither a JSON content type
/// nor hide where it comes from.
enum OwnRequest {
    /// Nil when the request may go on.
    static func misfit(_ exchange: HTTPExchange) -> (status: Int, error: WireError)? {
        if let site = exchange.header("Sec-Fetch-Site"), site != "same-origin", site != "none" {
            return (403, WireError(.denied, "pages of other sites change nothing here"))
        }
        let type = exchange.header("Content-Type")?.split(separator: ";").first
        guard type?.lowercased().filter({ $0 != " " }) == "application/json" else {
            return (
                415,
                WireError(
                    .unsupported,
                    "say that it is JSON, also without a body: Content-Type: application/json")
            )
        }
        return nil
    }
}
