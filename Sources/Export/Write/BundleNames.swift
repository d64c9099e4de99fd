/// Names of a bundle's files; `docs/bundle.md` says what is in them.
package enum BundleNames {
    package static let noteText = "proofreel bundle v1"
    package static let consistencyText = "proofreel consistency v1"

    package static let page = "data/index.html"
    package static let payloadManifest = "manifest-sha256.txt"
    package static let tagManifest = "tagmanifest-sha256.txt"
    package static let note = "bundle.note"
    package static let checkpoint = "proof/checkpoint"
    package static let keySet = "proof/keyset.note"
    package static let selection = "proof/selection.json"
    package static let custody = "proof/custody.jsonl"

    /// Which folder a leaf is in says why it is there.
    package enum Role: String, CaseIterable, Sendable {
        case records, facts, chain
    }

    package static func leaf(_ index: UInt64, _ role: Role) -> String {
        "proof/\(role.rawValue)/\(number(index)).leaf"
    }

    package static func proof(_ index: UInt64, _ role: Role) -> String {
        "proof/\(role.rawValue)/\(number(index)).tlog-proof"
    }

    package static func payload(_ index: UInt64, mime: String) -> String {
        let (folder, ending) =
            switch mime {
            case "image/jpeg": ("images", "jpg")
            case "image/png": ("images", "png")
            case "video/mp4": ("clips", "mp4")
            default: ("files", "bin")
            }
        return "data/\(folder)/\(number(index)).\(ending)"
    }

    private static func number(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }
}
