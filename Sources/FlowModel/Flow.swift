/// One flow record, as much of it as is counted. Exactly 128 bytes and trivially copyable, so that a batch of them is one block of memory.
///
/// A decoder fills it with what the exporter *sent*; `Exporters` turns it into what is *counted* (scaled, in IP bytes, seen once).
public struct Flow: Sendable, BitwiseCopyable {
    /// Source address; `.unspecified` where the record has none.
    public var source = IPAddress.unspecified
    /// Destination address; `.unspecified` where the record has none.
    public var destination = IPAddress.unspecified
    /// Octets, in the unit the exporter uses; for a sampled packet its length on the wire.
    public var bytes: UInt64 = 0
    /// Packets; 1 for a sampled packet.
    public var packets: UInt64 = 0
    /// When the flow's first packet was seen, by the exporter's clock; `.unknown` where the record doesn't tell.
    public var start = Timestamp.unknown
    /// When the flow's last packet was seen, by the exporter's clock; `.unknown` where the record doesn't tell.
    public var end = Timestamp.unknown
    /// Octets that the exporter says it dropped (IE 132).
    public var droppedBytes: UInt64 = 0
    /// Packets that the exporter says it dropped (IE 133).
    public var droppedPackets: UInt64 = 0
    /// Observation domain (IPFIX), source id (v9), engine type and id as `type << 8 | id` (v5), sub-agent (sFlow).
    public var observationDomain: UInt32 = 0
    /// Observation point (IE 138); 0 where the record doesn't tell.
    public var observationPoint: UInt32 = 0
    /// Ingress interface as sent (IE 10; sFlow: the value with its two format bits); 0 where unknown.
    public var inputInterface: UInt32 = 0
    /// Egress interface as sent (IE 14; sFlow: the value with its two format bits); 0 where unknown.
    public var outputInterface: UInt32 = 0
    /// Packets observed for each packet sampled as the record or the datagram's header itself says; 0 where neither does.
    public var samplingRate: UInt32 = 0
    /// The sampler the record refers to (IE 48 `samplerId`, IE 302 `selectorId`); meaningful with `Traits.hasSampler`.
    public var sampler: UInt32 = 0
    /// Transport source port; 0 where there is none.
    public var sourcePort: UInt16 = 0
    /// Transport destination port; for ICMP `type << 8 | code`, as NetFlow has it.
    public var destinationPort: UInt16 = 0
    /// EtherType of the counted packet (0x0800, 0x86DD, 0x0806, …); 0 where unknown.
    public var etherType: UInt16 = 0
    /// Union of the control bits of the flow's packets, or those of the sampled packet.
    public var tcpFlags = TCPFlags()
    /// 802.1Q VLAN identifier of the outermost tag; 0 where there is none.
    public var vlan: UInt16 = 0
    /// Octets of `bytes` in each packet that are not IP (layer 3): link-layer header, tags, padding, FCS, outer tunnel headers.
    public var overhead: UInt16 = 0
    /// Why packets were dropped; `.none` where nothing was.
    public var dropReason = DropReason.none
    /// What else is known about the record.
    public var traits = Traits()
    /// IP protocol number (IANA); meaningful where there is an address.
    public var protocolNumber: UInt8 = 0
    /// IPv4 type of service, IPv6 traffic class: DSCP and ECN.
    public var typeOfService: UInt8 = 0
    /// Which way the observation point saw it.
    public var direction = Direction.unknown
    /// IE 89 `forwardingStatus`, in its 8-bit form; 0 where the record doesn't tell.
    public var forwardingStatus: UInt8 = 0
    /// IE 136 `flowEndReason`; 0 where the record doesn't tell.
    public var endReason: UInt8 = 0
    /// The protocol that carried it.
    public var exportProtocol = ExportProtocol.netflow5
    /// Time to live, hop limit; 0 where the record doesn't tell.
    public var timeToLive: UInt8 = 0
    private var reserved: UInt8 = 0

    /// A flow of which nothing is known yet.
    @inlinable
    public init() {}

    /// What a record says beside its numbers.
    public struct Traits: OptionSet, Sendable, BitwiseCopyable {
        /// One bit for each trait.
        public let rawValue: UInt16

        /// As it stands in `rawValue`.
        @inlinable
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// One packet and not a flow record: sFlow, PSAMP.
        @inlinable public static var packetSample: Traits { Traits(rawValue: 1 << 0) }
        /// Only a notification that this packet was discarded (sFlow format 5): it adds to what was dropped, not to what flowed.
        @inlinable public static var discardNotification: Traits { Traits(rawValue: 1 << 1) }
        /// `sampler` is meaningful: the record refers to a sampler.
        @inlinable public static var hasSampler: Traits { Traits(rawValue: 1 << 2) }
        /// The counts are those of the reverse direction of a biflow (RFC 5103).
        @inlinable public static var reverse: Traits { Traits(rawValue: 1 << 3) }
        /// The packet was seen inside a tunnel; the outer addresses are in the detail.
        @inlinable public static var tunnelled: Traits { Traits(rawValue: 1 << 4) }
        /// A later fragment: it has no ports.
        @inlinable public static var laterFragment: Traits { Traits(rawValue: 1 << 5) }
        /// The flow was dropped whole, says its output interface (v5 65533 of Open vSwitch, sFlow format 1): see `dropReason`.
        @inlinable public static var outputDropped: Traits { Traits(rawValue: 1 << 6) }
        /// Sent to several output interfaces.
        @inlinable public static var outputMultiple: Traits { Traits(rawValue: 1 << 7) }
        /// `tcpFlags` was in the record.
        @inlinable public static var hasTCPFlags: Traits { Traits(rawValue: 1 << 8) }
        /// `bytes` comes from running totals (IE 85, 86) that no delta count stands beside.
        @inlinable public static var totals: Traits { Traits(rawValue: 1 << 9) }
    }

    /// IE 61 `flowDirection`.
    public enum Direction: UInt8, Sendable, BitwiseCopyable {
        /// Seen as it entered the observation point.
        case ingress = 0
        /// Seen as it left the observation point.
        case egress = 1
        /// The record doesn't say.
        case unknown = 255
    }
}

/// The export protocols that are understood.
public enum ExportProtocol: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// NetFlow version 5.
    case netflow5 = 5
    /// NetFlow version 9 (RFC 3954).
    case netflow9 = 9
    /// IPFIX (RFC 7011).
    case ipfix = 10
    /// sFlow version 5.
    case sflow5 = 105

    /// The value of the `protocol` label: `netflow5`, `netflow9`, `ipfix`, `sflow5`.
    public var label: String {
        switch self {
        case .netflow5: "netflow5"
        case .netflow9: "netflow9"
        case .ipfix: "ipfix"
        case .sflow5: "sflow5"
        }
    }
}
