/// What `weir decode` prints of a record beside its `Flow`. Not filled where flows are only counted.
public struct FlowDetail: Sendable {
    /// Sequence number of the datagram (of the sample, for sFlow it is the datagram's, too).
    public var sequenceNumber: UInt32 = 0
    /// The agent address of sFlow; nil elsewhere, where the datagram's source address is the sampler's.
    public var agentAddress: IPAddress?
    /// Source MAC address in the lower 48 bits.
    public var sourceMAC: UInt64 = 0
    /// Destination MAC address in the lower 48 bits.
    public var destinationMAC: UInt64 = 0
    /// VLAN at ingress (IE 58; sFlow extended switch).
    public var sourceVLAN: UInt16 = 0
    /// VLAN at egress (IE 59; sFlow extended switch).
    public var destinationVLAN: UInt16 = 0
    /// ICMP type.
    public var icmpType: UInt8 = 0
    /// ICMP code.
    public var icmpCode: UInt8 = 0
    /// IPv6 flow label.
    public var ipv6FlowLabel: UInt32 = 0
    /// Identification of a fragment.
    public var fragmentID: UInt32 = 0
    /// Offset of a fragment, in units of 8 octets.
    public var fragmentOffset: UInt16 = 0
    /// Source autonomous system.
    public var sourceAS: UInt32 = 0
    /// Destination autonomous system.
    public var destinationAS: UInt32 = 0
    /// Next hop of the route.
    public var nextHop = IPAddress.unspecified
    /// Prefix length of the source's route.
    public var sourceNetmask: UInt8 = 0
    /// Prefix length of the destination's route.
    public var destinationNetmask: UInt8 = 0
    /// Outer source address of a tunnel.
    public var tunnelSource = IPAddress.unspecified
    /// Outer destination address of a tunnel.
    public var tunnelDestination = IPAddress.unspecified
    /// The tunnel's key: VNI of VXLAN and Geneve.
    public var tunnelVNI: UInt64 = 0
    /// Name of the ingress interface, where the record has it (IE 82).
    public var inputInterfaceName = ""
    /// Name of the egress interface, where the record has it (IE 82).
    public var outputInterfaceName = ""

    /// A detail of which nothing is known yet.
    public init() {}
}

/// Pod names that an exporter itself wrote into a record (Antrea, PEN 56506). Believed only where the configuration says so.
public struct ClaimedNames: Sendable, Equatable {
    /// Index of the record in the batch's flows.
    public var flow: Int
    /// The source pod's namespace; empty where the record has none.
    public var sourceNamespace = ""
    /// The source pod; empty where the record has none.
    public var sourcePod = ""
    /// The destination pod's namespace; empty where the record has none.
    public var destinationNamespace = ""
    /// The destination pod; empty where the record has none.
    public var destinationPod = ""

    /// Names for the record at index `flow`, all empty.
    public init(flow: Int) {
        self.flow = flow
    }
}
