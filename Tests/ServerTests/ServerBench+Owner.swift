import ServerSupport

extension ServerBench {
    func owner(window: Int64 = 1 << 20) throws -> WireClient {
        let client = try WireClient(path: socketPath)
        try client.logIn("owner", window: window)
        return client
    }
}
