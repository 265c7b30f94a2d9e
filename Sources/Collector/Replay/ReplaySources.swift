import FlowModel

/// Decides which address of this machine stands for which exporter of a capture.
///
/// To an IPv4 loopback destination every exporter gets a loopback address of its own, 127.0.0.2 and on in the order of appearance, since Linux
/// takes all of 127.0.0.0/8 for its own. Elsewhere the kernel chooses the address, the same for all, but for those the user has named.
package struct ReplaySources {
    private let destination: UDPDestination
    private let named: [IPAddress: IPAddress]
    private var assigned: [IPAddress: IPAddress?] = [:]
    private var next: UInt32 = 0x7F00_0002

    /// A choice not made for any exporter yet.
    ///
    /// - Parameter named: local addresses by exporter address (`--source EXPORTER=LOCAL`).
    /// - Throws: where one of them is not of the destination's family.
    package init(destination: UDPDestination, named: [IPAddress: IPAddress]) throws(AddressError) {
        for (exporter, local) in named where local.isV4 != destination.address.isV4 {
            throw AddressError(
                text: "\(exporter)=\(local)",
                reason: "sends from an \(local.isV4 ? "IPv4" : "IPv6") address, but \(destination) is \(local.isV4 ? "IPv6" : "IPv4")")
        }
        self.destination = destination
        self.named = named
    }

    /// The address to send an exporter's datagrams from; nil where the kernel chooses.
    package mutating func local(for exporter: IPAddress) -> IPAddress? {
        if let known = assigned[exporter] { return known }
        let choice = named[exporter] ?? nextLoopback()
        assigned[exporter] = .some(choice)
        return choice
    }

    private mutating func nextLoopback() -> IPAddress? {
        guard destination.isLoopback, destination.address.isV4 else { return nil }
        let taken = Set(named.values).union([destination.address])
        while next < 0x7FFF_FFFF {
            defer { next += 1 }
            let candidate = IPAddress(v4: next)
            if !taken.contains(candidate) { return candidate }
        }
        return nil
    }
}
