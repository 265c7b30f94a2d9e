import Windows

/// Traffic of one kind between two workloads, by names that outlive a process.
package struct EdgeName: Hashable, Sendable, Codable {
    package var source: WorkloadName
    package var destination: WorkloadName
    /// IP protocol number.
    package var protocolNumber: UInt8
    /// The service's port; 0 where the protocol has none, or where both are ephemeral.
    package var port: UInt16

    package init(source: WorkloadName, destination: WorkloadName, protocolNumber: UInt8, port: UInt16) {
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        self.port = port
    }
}
