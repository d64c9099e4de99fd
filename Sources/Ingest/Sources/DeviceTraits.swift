internal import Linux

/// By what the device that answers at an address can be told from another: enough to notice that
/// a camera was exchanged, and no proof of anything.
///
/// Nothing of this changes when a camera starts anew or a person changes its picture. Parameter
/// sets and size do, so they are no traits.
package struct DeviceTraits: Hashable, Sendable {
    /// What no two devices share: the network card, a USB serial number.
    package let hardware: String?
    /// What it calls itself: the name in its SDP, its HTTP server.
    package let name: String?

    package static let bytesMax = 128

    package init(hardware: String? = nil, name: String? = nil) {
        self.hardware = hardware.flatMap(Self.plain)
        self.name = name.flatMap(Self.plain)
    }

    package var isEmpty: Bool { hardware == nil && name == nil }

    /// Only what both are known to have is compared, and hardware decides where it is.
    package func isAnother(than other: DeviceTraits) -> Bool {
        if let hardware, let known = other.hardware { return hardware != known }
        if let name, let known = other.name {
            return Self.letters(name) != Self.letters(known)
        }
        return false
    }

    /// What is known of the same device from both.
    package func completed(by other: DeviceTraits) -> DeviceTraits {
        DeviceTraits(hardware: hardware ?? other.hardware, name: name ?? other.name)
    }

    /// Versions, dates and session numbers come and go with the same device.
    private static func letters(_ text: String) -> String { text.filter(\.isLetter) }

    /// One line without what could disturb a terminal; nil when nothing is left.
    private static func plain(_ text: String) -> String? {
        var kept = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars where (0x20...0x7E).contains(scalar.value) {
            guard count < bytesMax else { break }
            kept.append(scalar)
            count += 1
        }
        let words = String(kept).split(separator: " ").joined(separator: " ")
        return words.isEmpty ? nil : words
    }
}

extension DeviceTraits {
    private static let resolveMilliseconds = 1000

    /// Of what was just reached at `host`.
    static func network(_ host: String, name: String?) -> DeviceTraits {
        guard case .addresses(let all) = Resolver.resolve(host, milliseconds: resolveMilliseconds),
            // With several it is not known which one answered.
            all.count == 1
        else { return DeviceTraits(name: name) }
        return DeviceTraits(hardware: Neighbours.card(of: all[0]), name: name)
    }
}
