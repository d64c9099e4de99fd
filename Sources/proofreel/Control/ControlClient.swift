internal import Base
internal import Linux

/// Has the server of a data directory run a command, and shows what it says.
struct ControlClient {
    private let directory: DataDirectory
    private let console: Console

    init(_ directory: DataDirectory, _ console: Console) {
        self.directory = directory
        self.console = console
    }

    func run(_ request: ControlRequest) throws -> ExitCode {
        let connection = try LocalSocket.connect(to: directory.controlSocket)
        try connection.send(kind: ControlRequest.input, request.input)
        try connection.send(kind: ControlRequest.words, request.bytes)
        while let (kind, bytes) = try connection.receive(limit: 1 << 30) {
            if kind == ControlRequest.exit, let code = bytes.first {
                return ExitCode(rawValue: Int32(code)) ?? .failed
            }
            switch Console.Stream(rawValue: kind) {
            case .picture: try console.offer(OfferedPicture(message: bytes))
            case let stream?: console.write(bytes, to: stream)
            case nil: break
            }
        }
        throw Failure(
            .stopped,
            "the server ended before it answered; whether it was done is not known. Start it"
                + " again and look, or repeat with the same --request-id")
    }
}
