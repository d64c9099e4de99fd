internal import CLinux
internal import Glibc

/// The networks that this machine is part of.
package struct Interfaces: Hashable, Sendable {
    package struct Network: Hashable, Sendable {
        package let name: String
        package let address: IPAddress
        /// Length of the network's prefix.
        package let bits: Int
        package let isUp: Bool

        package init(name: String, address: IPAddress, bits: Int, isUp: Bool) {
            self.name = name
            self.address = address
            self.bits = bits
            self.isUp = isUp
        }
    }

    package let networks: [Network]
    /// Where IPv4 goes that is for none of the networks.
    package let gateway: IPAddress?

    package init(networks: [Network], gateway: IPAddress?) {
        self.networks = networks
        self.gateway = gateway
    }

    /// As they are now (`getifaddrs`, `/proc/net/route`).
    package static func now() -> Interfaces {
        var networks: [Network] = []
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else {
            return Interfaces(networks: [], gateway: nil)
        }
        defer { unsafe freeifaddrs(list) }
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard let address = unsafe IPAddress(entry.pointee.ifa_addr),
                let mask = unsafe IPAddress(entry.pointee.ifa_netmask)
            else { continue }
            networks.append(
                Network(
                    name: unsafe String(cString: entry.pointee.ifa_name), address: address,
                    bits: mask.bytes.reduce(0) { $0 + $1.nonzeroBitCount },
                    isUp: unsafe Int(entry.pointee.ifa_flags) & Int(IFF_RUNNING) != 0))
        }
        return Interfaces(networks: networks, gateway: defaultGateway())
    }

    /// The network that an address is in; nil when it is beyond a gateway.
    package func network(of address: IPAddress) -> Network? {
        networks.filter { $0.address.shares($0.bits, with: address) }.max { $0.bits < $1.bits }
    }

    private static func defaultGateway() -> IPAddress? {
        ProcText.read("/proc/net/route").flatMap { gateway(inRoutes: $0) }
    }

    /// `eth0 00000000 0101A8C0 0003 …`: destination and gateway as the machine's own integers.
    package static func gateway(inRoutes text: String) -> IPAddress? {
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split { $0 == "\t" || $0 == " " }
            guard fields.count > 2, fields[1] == "00000000",
                let value = UInt32(fields[2], radix: 16), value != 0
            else { continue }
            return IPAddress(
                bytes: unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) })
        }
        return nil
    }
}
