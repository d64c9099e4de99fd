package import Base
internal import CLinux
internal import Glibc

/// What the shell gives a process. Written without a buffer: a line that says the server is ready
/// must be out when it is.
package enum StandardStream: Int32, Sendable {
    case input = 0
    case output = 1
    case error = 2

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// A reader that went away is no reason to stop what is being done.
    package func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe Glibc.write(rawValue, buffer.baseAddress! + done, buffer.count - done)
            }
            if count > 0 {
                done += count
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }

    package func write(_ text: String) { write(Array(text.utf8)) }

    /// All of standard input; refuses more than `limit` bytes.
    package static func readInput(limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try checked("read standard input") {
                unsafe read(StandardStream.input.rawValue, &piece, piece.count)
            }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= limit else {
                throw Failure(.invalid, "standard input has more than \(limit) bytes; give less")
            }
        }
    }
}
