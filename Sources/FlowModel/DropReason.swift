/// Why an exporter says that packets were dropped, in the vocabulary of the protocol that said it.
public struct DropReason: Hashable, Sendable, BitwiseCopyable {
    /// 0 for none; else the vocabulary in the upper four bits and its code in the lower twelve.
    public let rawValue: UInt16

    /// As it stands in `rawValue`.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Nothing was dropped.
    @inlinable public static var none: DropReason { DropReason(rawValue: 0) }
    /// The exporter says that it was dropped, not why (IE 132, 133; a NetFlow v5 output of "none").
    @inlinable public static var unspecified: DropReason { DropReason(rawValue: 0x3000) }

    /// A reason code of sFlow: of a discarded packet's sample, or of an output port of format 1 (sFlow v5, sFlow drop notifications).
    @inlinable
    public static func sFlow(_ code: UInt32) -> DropReason { DropReason(rawValue: 0x1000 | UInt16(truncatingIfNeeded: min(code, 0xFFF))) }

    /// A forwarding status of class 2 "dropped", or of class 3 "consumed" (IE 89; RFC 7270 §4.12): all eight bits.
    @inlinable
    public static func forwardingStatus(_ status: UInt8) -> DropReason { DropReason(rawValue: 0x2000 | UInt16(status)) }

    /// The value of the `reason` label: a word of the protocol's own table, in lower case with underscores, or `sflow_CODE`, `forwarding_status_CODE`.
    public var label: String {
        let code = Int(rawValue & 0xFFF)
        switch rawValue >> 12 {
        case 0: return "none"
        case 1: return Self.sFlowReasons[code] ?? "sflow_\(code)"
        case 2: return Self.forwardingStatuses[code] ?? "forwarding_status_\(code)"
        default: return "unspecified"
        }
    }

    /// sFlow v5 §5.3 (codes of ICMP unreachable at 0...15), and `drop_reason` of sflow_drops.txt.
    private static let sFlowReasons: [Int: String] = [
        0: "net_unreachable", 1: "host_unreachable", 2: "protocol_unreachable", 3: "port_unreachable", 4: "fragmentation_needed",
        5: "source_route_failed", 6: "destination_network_unknown", 7: "destination_host_unknown", 8: "source_host_isolated",
        9: "destination_network_prohibited", 10: "destination_host_prohibited", 11: "destination_network_unreachable_for_tos",
        12: "destination_host_unreachable_for_tos", 13: "communication_administratively_prohibited", 14: "host_precedence_violation",
        15: "precedence_cutoff_in_effect", 256: "unknown", 257: "ttl_exceeded", 258: "acl", 259: "no_buffer_space", 260: "red",
        261: "traffic_shaping", 262: "packet_too_big", 263: "source_mac_is_multicast", 264: "vlan_tag_mismatch", 265: "ingress_vlan_filter",
        266: "ingress_spanning_tree_filter", 267: "port_list_is_empty", 268: "port_loopback_filter", 269: "blackhole_route", 270: "non_ip",
        271: "unicast_ip_multicast_mac", 272: "destination_ip_is_loopback", 273: "source_ip_is_multicast", 274: "source_ip_is_loopback",
        275: "ip_header_corrupted", 276: "ipv4_source_limited_broadcast", 277: "ipv6_multicast_reserved_scope",
        278: "ipv6_multicast_interface_local_scope", 279: "unresolved_neighbour", 280: "multicast_reverse_path_forwarding",
        281: "non_routable_packet", 282: "decap_error", 283: "overlay_source_mac_is_multicast", 284: "unknown_l2", 285: "unknown_l3",
        286: "unknown_l3_exception", 287: "unknown_buffer", 288: "unknown_tunnel", 289: "unknown_l4",
    ]

    /// RFC 7270 §4.12, IANA's registry of forwarding statuses.
    private static let forwardingStatuses: [Int: String] = [
        128: "unknown", 129: "acl_deny", 130: "acl_drop", 131: "unroutable", 132: "adjacency", 133: "fragmentation_and_df_set",
        134: "bad_header_checksum", 135: "bad_total_length", 136: "bad_header_length", 137: "bad_ttl", 138: "policer", 139: "wred", 140: "rpf",
        141: "for_us", 142: "bad_output_interface", 143: "hardware", 192: "consumed_unknown", 193: "terminate_punt_adjacency",
        194: "terminate_incomplete_adjacency", 195: "terminate_for_us",
    ]
}
