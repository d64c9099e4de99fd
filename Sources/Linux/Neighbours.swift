/// Which network card answers at an address of our own networks, as the kernel has learnt it.
/// Beyond a router, and for IPv6, nobody knows.
package enum Neighbours {
    /// `00:1b:63:84:45:e6`; nil when it is not known.
    package static func card(of address: IPAddress) -> String? {
        ProcText.read("/proc/net/arp").flatMap { card(of: address, inTable: $0) }
    }

    /// Lines of `10.0.0.7  0x1  0x2  00:1b:63:84:45:e6  *  eth0`, the second number being flags.
    package static func card(of address: IPAddress, inTable text: String) -> String? {
        let wanted = address.description
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[0] == wanted, fields[2] != "0x0",
                fields[3].utf8.count == 17, fields[3] != "00:00:00:00:00:00"
            else { continue }
            return fields[3].lowercased()
        }
        return nil
    }
}
