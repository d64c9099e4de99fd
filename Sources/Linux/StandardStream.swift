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

    /// One line from the terminal, which does not show what is typed.
    package static func readUnseen(_ prompt: String) throws(Failure) -> String {
        error.write(prompt)
        var before = termios()
        _ = try checked("ask the terminal for its mode") {
            unsafe tcgetattr(input.rawValue, &before)
        }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        _ = unsafe tcsetattr(input.rawValue, TCSAFLUSH, &hidden)
        defer {
            _ = unsafe tcsetattr(input.rawValue, TCSAFLUSH, &before)
            error.write("\n")
        }
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 4096 {
            let count = try checked("read the terminal") {
                unsafe read(input.rawValue, &byte, 1)
            }
            if count == 0 || byte == 0x0A { break }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalid, "what was typed is not UTF-8; set the terminal to UTF-8")
        }
        return text
    }

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
