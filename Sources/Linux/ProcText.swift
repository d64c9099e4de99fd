internal import CLinux
internal import Glibc

/// What the kernel says in one of its files under `/proc`, whose lengths are only known by reading.
enum ProcText {
    private static let bytesMax = 1 << 20

    /// Nil when it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = unsafe proofreel_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while text.count < bytesMax {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            text += piece.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
