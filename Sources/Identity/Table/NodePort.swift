import FlowModel

/// A port that every node keeps for one Service.
struct NodePort: Hashable, Sendable {
    /// The Service's port behind it.
    struct Target: Sendable, Equatable {
        var service: TransportAddress
        /// The Service's number in the table.
        var object: UInt64
        /// `.distantFuture` while it is the Service's.
        var until = Timestamp.distantFuture
    }

    var isV4: Bool
    var port: UInt16
    /// IP protocol number.
    var protocolNumber: UInt8

    /// The node port that a packet to this place would be for.
    init(_ place: TransportAddress) {
        isV4 = place.address.isV4
        port = place.port
        protocolNumber = place.protocolNumber
    }

    init(isV4: Bool, port: UInt16, protocolNumber: UInt8) {
        self.isV4 = isV4
        self.port = port
        self.protocolNumber = protocolNumber
    }
}
