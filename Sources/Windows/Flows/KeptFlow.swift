import FlowModel
import Identity

/// A flow as the ring of heaviest flows keeps it: raw addresses included, amounts as counted.
package struct KeptFlow: Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    package var sourceEndpoint: EndpointNumber
    package var destinationEndpoint: EndpointNumber
    /// The exporter whose record it is.
    package var exporter: IPAddress
    /// IP bytes.
    package var bytes: UInt64
    package var packets: UInt64
    package var start: Timestamp
    package var end: Timestamp
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var protocolNumber: UInt8
    package var typeOfService: UInt8
    package var tcpFlags: TCPFlags
    package var exportProtocol: ExportProtocol

    package init(_ flow: Flow, source: EndpointNumber, destination: EndpointNumber, exporter: IPAddress) {
        self.source = flow.source
        self.destination = flow.destination
        sourceEndpoint = source
        destinationEndpoint = destination
        self.exporter = exporter
        bytes = flow.bytes
        packets = flow.packets
        start = flow.start
        end = flow.end
        sourcePort = flow.sourcePort
        destinationPort = flow.destinationPort
        protocolNumber = flow.protocolNumber
        typeOfService = flow.typeOfService
        tcpFlags = flow.tcpFlags
        exportProtocol = flow.exportProtocol
    }

    /// Adds another report of the same flow.
    mutating func add(_ other: KeptFlow) {
        bytes &+= other.bytes
        packets &+= other.packets
        if start == .unknown || other.start != .unknown && other.start < start { start = other.start }
        end = max(end, other.end)
        tcpFlags.formUnion(other.tcpFlags)
    }
}

/// What two reports of one flow have in common.
struct FlowKey: Hashable, Sendable {
    var source: IPAddress
    var destination: IPAddress
    var ports: UInt32
    var protocolNumber: UInt8

    init(_ flow: KeptFlow) {
        source = flow.source
        destination = flow.destination
        ports = UInt32(flow.sourcePort) << 16 | UInt32(flow.destinationPort)
        protocolNumber = flow.protocolNumber
    }

    /// One number made of all, since hashing each part costs more than all else that is done with a key.
    func hash(into hasher: inout Hasher) {
        hasher.combine(source.mixed() ^ destination.mixed(seed: UInt64(ports) << 8 | UInt64(protocolNumber)))
    }
}
