import FlowModel

/// Writes sampled packets as sFlow v5 datagrams, as an agent would: for the simulator, the load generator and tests.
package struct SFlowEncoder: Sendable {
    /// The agent's address, in every datagram.
    package let agent: IPAddress
    /// The agent's part that samples.
    package let subAgent: UInt32
    /// The sequence number of the next datagram.
    package private(set) var sequenceNumber: UInt32 = 0
    private var sampleNumber: UInt32 = 0
    private var counterSample: UInt32 = 0
    private var pool: UInt32 = 0

    /// Octets of a packet that an agent sends along, as most do.
    private static let headerOctets = 128
    private static let frameCheckOctets = 4

    /// An agent.
    package init(agent: IPAddress, subAgent: UInt32 = 0) {
        self.agent = agent
        self.subAgent = subAgent
    }

    /// One datagram with a flow sample for each flow: a TCP or UDP packet over IPv4, of `bytes` IP bytes (at least 40), sampled at 1 in `samplingRate`. Flows
    /// over IPv6 are left out.
    package mutating func datagram(_ flows: [Flow], uptime: UInt32) -> [UInt8] {
        let samples = flows.filter(\.source.isV4)
        var octets: [UInt8] = []
        for value in [5, 1, agent.v4 ?? 0, subAgent, sequenceNumber, uptime, UInt32(samples.count)] { octets.append(bigEndian: value) }
        for flow in samples { append(flow, to: &octets) }
        sequenceNumber &+= 1
        return octets
    }

    /// One datagram with a counter sample of an interface: its generic counters, and its name (`openflow_port_name`).
    package mutating func counters(_ counters: InterfaceCounters, name: String, uptime: UInt32) -> [UInt8] {
        var octets: [UInt8] = []
        for value in [5, 1, agent.v4 ?? 0, subAgent, sequenceNumber, uptime, 1] { octets.append(bigEndian: value) }
        counterSample &+= 1
        var records: [UInt8] = []
        for value in [UInt32(1), 88, counters.index, 6] { records.append(bigEndian: value) }
        records.append(bigEndian: counters.speed)
        // Full duplex; up, as it should be.
        for value in [UInt32(1), 3] { records.append(bigEndian: value) }
        for direction in [counters.input, counters.output] {
            records.append(bigEndian: direction.octets)
            for value in [direction.unicastPackets, direction.multicastPackets, direction.broadcastPackets, direction.discards, direction.errors, 0] {
                records.append(bigEndian: value)
            }
        }
        let text = Array(name.utf8)
        let padding = -text.count & 3
        for value in [UInt32(1005), UInt32(4 + text.count + padding), UInt32(text.count)] { records.append(bigEndian: value) }
        records += text + [UInt8](repeating: 0, count: padding)
        for value in [2, UInt32(12 + records.count), counterSample, counters.index, 2] { octets.append(bigEndian: value) }
        octets += records
        sequenceNumber &+= 1
        return octets
    }

    private mutating func append(_ flow: Flow, to octets: inout [UInt8]) {
        let packet = Self.packet(of: flow)
        sampleNumber &+= 1
        pool &+= max(flow.samplingRate, 1)
        // flow_sample: sequence, data source, rate, pool, drops, interfaces, records; its one record: raw packet header, of Ethernet.
        let record: [UInt32] = [
            1, UInt32(16 + packet.count), 1, UInt32(clamping: flow.bytes) + 14 + UInt32(Self.frameCheckOctets), 4, UInt32(packet.count),
        ]
        let sample: [UInt32] = [
            1, UInt32(32 + 4 * record.count + packet.count), sampleNumber, flow.inputInterface, max(flow.samplingRate, 1), pool, 0,
            flow.inputInterface,
            flow.outputInterface, 1,
        ]
        for value in sample + record { octets.append(bigEndian: value) }
        octets += packet
    }

    /// The sampled packet's first octets: Ethernet, IPv4, TCP or UDP, and zeros.
    private static func packet(of flow: Flow) -> [UInt8] {
        let length = UInt16(clamping: max(flow.bytes, 40))
        var packet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
        packet += [0x45, flow.typeOfService]
        packet.append(bigEndian: length)
        packet += [0, 0, 0x40, 0, 64, flow.protocolNumber, 0, 0]
        packet.append(bigEndian: flow.source.v4 ?? 0)
        packet.append(bigEndian: flow.destination.v4 ?? 0)
        packet.append(bigEndian: flow.sourcePort)
        packet.append(bigEndian: flow.destinationPort)
        if flow.protocolNumber == 6 {
            packet += [UInt8](repeating: 0, count: 8) + [0x50, UInt8(truncatingIfNeeded: flow.tcpFlags.rawValue), 0xFF, 0xFF, 0, 0, 0, 0]
        } else {
            packet.append(bigEndian: length - 20)
            packet += [0, 0]
        }
        let count = min(headerOctets, 14 + Int(length))
        return packet + [UInt8](repeating: 0, count: max(0, (count + 3) & ~3 - packet.count))
    }
}
