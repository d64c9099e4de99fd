/// What a request asks for: a path in decoded segments, and the items of its query, in order.
package struct RequestTarget: Hashable, Sendable {
    package static let bytesMax = 8 << 10
    package static let segmentsMax = 64
    package static let itemsMax = 64

    package struct Item: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    /// Between slashes; a slash inside one was sent as `%2F`. Not empty; `/` is one empty segment.
    package let segments: [String]
    package let items: [Item]

    /// Nil for what is no path of ours: too long, not from the root, badly encoded.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.bytesMax, bytes.first == 0x2F else { return nil }
        let cut = bytes.firstIndex(of: 0x3F) ?? bytes.endIndex
        var segments: [String] = []
        let path = bytes[1..<cut]
        for part in path.split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard segments.count < Self.segmentsMax, let text = PercentText.decode(part) else {
                return nil
            }
            segments.append(text)
        }
        self.segments = segments
        guard let items = Self.items(bytes[cut...].dropFirst()) else { return nil }
        self.items = items
    }

    private static func items(_ query: ArraySlice<UInt8>) -> [Item]? {
        var items: [Item] = []
        for part in query.split(separator: 0x26) {
            let cut = part.firstIndex(of: 0x3D) ?? part.endIndex
            guard items.count < itemsMax,
                let name = PercentText.decode(part[..<cut], plusIsSpace: true),
                let value = PercentText.decode(part[cut...].dropFirst(), plusIsSpace: true)
            else { return nil }
            items.append(Item(name: name, value: value))
        }
        return items
    }

    /// The first value of this name.
    package func value(_ name: String) -> String? { items.first { $0.name == name }?.value }
}
