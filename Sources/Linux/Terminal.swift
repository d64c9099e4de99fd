internal import Base
internal import CLinux
internal import Glibc

/// The terminal that a person sits at, asked what it can do. Nothing is left behind: its mode is
/// put back, and answers that nobody read are dropped.
package enum Terminal {
    package struct Size: Hashable, Sendable {
        package var columns: Int
        package var rows: Int
        /// Zero when the terminal does not say.
        package var pixelWidth: Int
        package var pixelHeight: Int

        package init(columns: Int, rows: Int, pixelWidth: Int, pixelHeight: Int) {
            self.columns = columns
            self.rows = rows
            self.pixelWidth = pixelWidth
            self.pixelHeight = pixelHeight
        }
    }

    package static var size: Size? {
        var size = winsize()
        guard unsafe proofreel_window_size(StandardStream.output.rawValue, &size) == 0,
            size.ws_col > 0, size.ws_row > 0
        else { return nil }
        return Size(
            columns: Int(size.ws_col), rows: Int(size.ws_row), pixelWidth: Int(size.ws_xpixel),
            pixelHeight: Int(size.ws_ypixel))
    }

    /// Writes a question and hands over what comes back, byte for byte, until `take` says that it
    /// has all or the time is over. False when there is nobody to ask: no terminal, or one that
    /// belongs to another job now and would stop us.
    package static func ask(
        _ question: String, waitMilliseconds: Int, _ take: (UInt8) -> Bool
    ) -> Bool {
        let descriptor = unsafe proofreel_open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var before = termios()
        guard tcgetpgrp(descriptor) == getpgrp(), unsafe tcgetattr(descriptor, &before) == 0
        else { return false }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON)
        guard unsafe tcsetattr(descriptor, TCSADRAIN, &raw) == 0 else { return false }
        defer { _ = unsafe tcsetattr(descriptor, TCSAFLUSH, &before) }
        let bytes = Array(question.utf8)
        guard (unsafe write(descriptor, bytes, bytes.count)) == bytes.count else { return false }
        listen(descriptor, waitMilliseconds, take)
        return true
    }

    private static func listen(
        _ descriptor: Int32, _ waitMilliseconds: Int, _ take: (UInt8) -> Bool
    ) {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds + UInt64(waitMilliseconds) * 1_000_000
        var piece = [UInt8](repeating: 0, count: 256)
        while true {
            let now = clock.monotonicNanoseconds
            guard now < end else { return }
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = Int32((end - now) / 1_000_000 + 1)
            guard unsafe poll(&wait, 1, left) > 0 else { continue }
            let count = unsafe read(descriptor, &piece, piece.count)
            guard count > 0 else { return }
            for byte in piece.prefix(count) where take(byte) { return }
        }
    }
}
