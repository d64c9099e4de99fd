internal import Base
internal import JPEG

/// Kitty's graphics protocol: base64 in pieces, and the terminal scales.
enum KittyPicture {
    private static let pieceBytes = 4096

    static func encode(_ picture: ColourPicture) -> [UInt8] {
        send(picture.pixels, "f=24,s=\(picture.width),v=\(picture.height)")
    }

    /// A PNG as it is, so many letters wide.
    static func encode(png: [UInt8], columns: Int) -> [UInt8] { send(png, "f=100,c=\(columns)") }

    private static func send(_ bytes: [UInt8], _ how: String) -> [UInt8] {
        let text = Array(bytes.base64.utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: pieceBytes) {
            let end = min(start + pieceBytes, text.count)
            let first = start == 0 ? "a=T,q=2,\(how)," : ""
            out += Array("\u{1B}_G\(first)m=\(end < text.count ? 1 : 0);".utf8)
            out += text[start..<end]
            out += Array("\u{1B}\\".utf8)
        }
        return out
    }
}
