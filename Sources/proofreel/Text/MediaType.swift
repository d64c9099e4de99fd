/// The media type that the first bytes of a file tell. Names lie, so they are not asked.
enum MediaType {
    static func of(_ bytes: [UInt8]) -> String {
        func starts(_ magic: [UInt8], at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: magic)
        }
        if starts([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if starts(Array("GIF8".utf8)) { return "image/gif" }
        if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) { return "image/webp" }
        if starts([0x49, 0x49, 0x2A, 0]) || starts([0x4D, 0x4D, 0, 0x2A]) { return "image/tiff" }
        if starts(Array("BM".utf8)) { return "image/bmp" }
        if starts(Array("ftyp".utf8), at: 4) { return "video/mp4" }
        if starts(Array("%PDF-".utf8)) { return "application/pdf" }
        return "application/octet-stream"
    }

    static func fileExtension(of type: String) -> String {
        switch type {
        case "image/jpeg": "jpg"
        case "image/png": "png"
        case "image/gif": "gif"
        case "image/webp": "webp"
        case "image/tiff": "tif"
        case "image/bmp": "bmp"
        case "video/mp4": "mp4"
        case "application/pdf": "pdf"
        default: "bin"
        }
    }
}
