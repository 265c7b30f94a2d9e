import FlowModel

/// An address, a transport port and its protocol.
package struct TransportAddress: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16
    /// IP protocol number.
    package var protocolNumber: UInt8

    package init(address: IPAddress, port: UInt16, protocolNumber: UInt8) {
        self.address = address
        self.port = port
        self.protocolNumber = protocolNumber
    }
}
