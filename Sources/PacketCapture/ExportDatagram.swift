import FlowModel

/// A UDP datagram found in a capture, or the next octets of a TCP connection: what a collector would have received.
package struct ExportDatagram: Sendable, Equatable {
    /// When it was captured; for a fragmented one, when its last part was.
    package var timestamp: Timestamp
    package var source: IPAddress
    package var destination: IPAddress
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    /// What stands behind the UDP header; the octets of a connection, in their order.
    package var payload: [UInt8]
    /// The TCP connection, counted from 1 in the order in which they begin; 0 for UDP.
    package var connection: UInt32

    package init(
        timestamp: Timestamp, source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16, payload: [UInt8],
        connection: UInt32 = 0
    ) {
        self.timestamp = timestamp
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.payload = payload
        self.connection = connection
    }
}

/// Packets of a capture that gave no datagram, by reason.
package struct SkippedPackets: Sendable, Equatable {
    /// No UDP: TCP (unless it is read, and IPFIX), ARP and so on.
    package var otherProtocols = 0
    /// Of a link type that is not understood.
    package var unknownLinkTypes = 0
    /// Cut off by the capture's snapshot length: they must be captured whole (tcpdump's `-s 0`).
    package var cutShort = 0
    /// A length contradicts another.
    package var malformed = 0
    /// Fragments of datagrams that never became whole, and segments of connections of which others in front of them are missing.
    package var incompleteFragments = 0

    /// Nothing skipped.
    package init() {}

    /// All of them together.
    package var total: Int { otherProtocols + unknownLinkTypes + cutShort + malformed + incompleteFragments }
}
