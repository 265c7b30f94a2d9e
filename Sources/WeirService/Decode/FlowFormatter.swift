import FlowModel

/// Writes flows as sent, one a line, under goflow2's field names, for `weir decode`.
package struct FlowFormatter: Sendable {
    /// The forms that `--output` offers beside `metrics`.
    package enum Form: String, Sendable, CaseIterable {
        case json
        case text
    }

    /// What is known of a flow beside its record: when and from whom it came, and who is at its ends.
    package struct Context: Sendable {
        /// When the datagram was received.
        package var received: Timestamp
        /// The address the datagram came from; sFlow's agent address takes its place.
        package var sampler: IPAddress
        /// Who is at the source, where something names the ends.
        package var source: End?
        /// Who is at the destination, where something names the ends.
        package var destination: End?

        package init(received: Timestamp, sampler: IPAddress) {
            self.received = received
            self.sampler = sampler
        }
    }

    /// What one end is called, in the words of the metrics' labels; empty where it has none of it.
    package struct End: Sendable, Equatable {
        package var namespace: String
        package var pod: String
        package var node = ""
        package var workload = ""
        package var workloadKind = ""

        package init(namespace: String, pod: String) {
            self.namespace = namespace
            self.pod = pod
        }
    }

    private let form: Form

    package init(form: Form) {
        self.form = form
    }

    /// Appends one line for `flow`, its line feed included.
    package func append(_ flow: Flow, detail: FlowDetail, context: Context, to output: inout [UInt8]) {
        var line = Line(form: form)
        line.string("type", "Type", Self.type(flow.exportProtocol))
        switch form {
        case .json: line.number("time_received_ns", "", context.received.nanoseconds)
        case .text: line.number("", "TimeReceived", context.received.nanoseconds / 1_000_000_000)
        }
        line.number("sequence_num", "SequenceNum", detail.sequenceNumber)
        line.number("sampling_rate", "SamplingRate", flow.samplingRate)
        line.string("sampler_address", "SamplerAddress", (detail.agentAddress ?? context.sampler).description)
        switch form {
        case .json:
            line.number("time_flow_start_ns", "", flow.start.nanoseconds)
            line.number("time_flow_end_ns", "", flow.end.nanoseconds)
        case .text:
            line.number("", "TimeFlowStart", flow.start.nanoseconds / 1_000_000_000)
            line.number("", "TimeFlowEnd", flow.end.nanoseconds / 1_000_000_000)
        }
        line.number("bytes", "Bytes", flow.bytes)
        line.number("packets", "Packets", flow.packets)
        line.string("src_addr", "SrcAddr", Self.address(flow.source))
        line.string("dst_addr", "DstAddr", Self.address(flow.destination))
        line.string("etype", "Etype", Self.etherType(flow.etherType))
        line.number("proto", "Proto", flow.protocolNumber)
        let isICMP = flow.protocolNumber == 1 || flow.protocolNumber == 58
        line.number("src_port", "SrcPort", isICMP ? 0 : flow.sourcePort)
        line.number("dst_port", "DstPort", isICMP ? 0 : flow.destinationPort)
        line.number("in_if", "InIf", flow.inputInterface)
        line.number("out_if", "OutIf", flow.outputInterface)
        line.string("src_mac", "SrcMac", Self.mac(detail.sourceMAC))
        line.string("dst_mac", "DstMac", Self.mac(detail.destinationMAC))
        line.number("src_vlan", "SrcVlan", detail.sourceVLAN)
        line.number("dst_vlan", "DstVlan", detail.destinationVLAN)
        line.number("vlan_id", "VlanId", flow.vlan)
        line.number("ip_tos", "IPTos", flow.typeOfService)
        line.number("forwarding_status", "ForwardingStatus", flow.forwardingStatus)
        line.number("ip_ttl", "IPTTL", flow.timeToLive)
        line.number("tcp_flags", "TCPFlags", flow.tcpFlags.rawValue)
        line.number("icmp_type", "IcmpType", isICMP ? UInt8(flow.destinationPort >> 8) : detail.icmpType)
        line.number("icmp_code", "IcmpCode", isICMP ? UInt8(truncatingIfNeeded: flow.destinationPort) : detail.icmpCode)
        line.number("ipv6_flow_label", "IPv6FlowLabel", detail.ipv6FlowLabel)
        line.number("fragment_id", "FragmentId", detail.fragmentID)
        line.number("fragment_offset", "FragmentOffset", detail.fragmentOffset)
        line.number("src_as", "SrcAS", detail.sourceAS)
        line.number("dst_as", "DstAS", detail.destinationAS)
        line.string("next_hop", "NextHop", Self.address(detail.nextHop))
        line.string("src_net", "SrcNet", Self.network(flow.source, detail.sourceNetmask))
        line.string("dst_net", "DstNet", Self.network(flow.destination, detail.destinationNetmask))
        line.number("observation_domain_id", "ObservationDomainId", flow.observationDomain)
        line.number("observation_point_id", "ObservationPointId", flow.observationPoint)
        if flow.direction != .unknown { line.number("flow_direction", "FlowDirection", flow.direction.rawValue) }
        line.number("dropped_bytes", "DroppedBytes", flow.droppedBytes)
        line.number("dropped_packets", "DroppedPackets", flow.droppedPackets)
        if flow.dropReason != .none { line.string("drop_reason", "DropReason", flow.dropReason.label) }
        if flow.traits.contains(.tunnelled) {
            line.string("tunnel_src_addr", "TunnelSrcAddr", Self.address(detail.tunnelSource))
            line.string("tunnel_dst_addr", "TunnelDstAddr", Self.address(detail.tunnelDestination))
            line.number("tunnel_vni", "TunnelVni", detail.tunnelVNI)
        }
        if let source = context.source { line.end("src", "Src", source) }
        if let destination = context.destination { line.end("dst", "Dst", destination) }
        line.finish(into: &output)
    }

    private static func type(_ exportProtocol: ExportProtocol) -> String {
        switch exportProtocol {
        case .netflow5: "NETFLOW_V5"
        case .netflow9: "NETFLOW_V9"
        case .ipfix: "IPFIX"
        case .sflow5: "SFLOW_5"
        }
    }

    private static func etherType(_ value: UInt16) -> String {
        switch value {
        case 0x0800: "IPv4"
        case 0x86DD: "IPv6"
        case 0x0806: "ARP"
        case 0: ""
        default: "0x" + hex(UInt64(value), digits: 4)
        }
    }

    private static func address(_ address: IPAddress) -> String {
        address.isUnspecified ? "" : address.description
    }

    private static func network(_ address: IPAddress, _ length: UInt8) -> String {
        guard length > 0, !address.isUnspecified else { return "" }
        return IPNetwork(containing: address, bits: Int(length) + (address.isV4 ? 96 : 0)).description
    }

    private static func mac(_ value: UInt64) -> String {
        (0..<6).map { hex(value >> UInt64(40 - 8 * $0) & 255, digits: 2) }.joined(separator: ":")
    }

    private static func hex(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// One line under construction, in either form.
private struct Line {
    private let form: FlowFormatter.Form
    private var bytes: [UInt8] = []

    init(form: FlowFormatter.Form) {
        self.form = form
        bytes.reserveCapacity(1024)
        if form == .json { bytes.append(UInt8(ascii: "{")) }
    }

    mutating func number(_ json: String, _ text: String, _ value: some BinaryInteger) {
        key(json, text)
        bytes.append(contentsOf: value.description.utf8)
    }

    mutating func string(_ json: String, _ text: String, _ value: String) {
        key(json, text)
        switch form {
        case .json: JSONText.append(value, to: &bytes)
        case .text: bytes.append(contentsOf: value.utf8)
        }
    }

    mutating func end(_ json: String, _ text: String, _ end: FlowFormatter.End) {
        string("\(json)_namespace", "\(text)Namespace", end.namespace)
        string("\(json)_pod", "\(text)Pod", end.pod)
        string("\(json)_node", "\(text)Node", end.node)
        string("\(json)_workload", "\(text)Workload", end.workload)
        string("\(json)_workload_kind", "\(text)WorkloadKind", end.workloadKind)
    }

    consuming func finish(into output: inout [UInt8]) {
        output.append(contentsOf: bytes)
        if form == .json { output.append(UInt8(ascii: "}")) }
        output.append(UInt8(ascii: "\n"))
    }

    private mutating func key(_ json: String, _ text: String) {
        switch form {
        case .json:
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: json.utf8)
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
        case .text:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: ":"))
        }
    }
}
