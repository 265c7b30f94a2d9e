/// What is known of an address.
public struct EndpointEntry: Sendable, Equatable, BitwiseCopyable {
    /// What kind of end it is.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// A pod with this address for itself.
        case pod
        /// A node, and the pods on its network.
        case host
        /// A Service's address, which no packet keeps up to its end.
        case service
        /// In a network that the configuration names.
        case network
        /// In one of the cluster's ranges, and nobody's.
        case unmanaged
        /// Any other.
        case world
    }

    /// What it is called.
    public var number: EndpointNumber
    /// What kind of end it is.
    public var kind: Kind
    /// The node that the address is on; nil where it is on none, or not known.
    public var node: NodeIndex?
    /// Whether packets from it enter the node's bridge by a port of their own, so that an exporter there sees them enter: pods with an address of
    /// their own, and a node's management port. Packets of a gateway come by a patch port, of which Open vSwitch has no ingress record.
    public var hasBridgePort = false
    /// Whether a Service is backed by it, at some port.
    public var isServiceBackend = false
    /// Of a Service's address: whether something stands behind it.
    public var hasBackends = false

    /// Whether it is a Service's address.
    @inlinable
    public var isService: Bool {
        if case .service = kind { true } else { false }
    }

    /// An entry of which nothing else is known.
    public init(number: EndpointNumber, kind: Kind, node: NodeIndex? = nil, hasBridgePort: Bool = false) {
        self.number = number
        self.kind = kind
        self.node = node
        self.hasBridgePort = hasBridgePort
    }

    /// `reserved:world`.
    public static var world: EndpointEntry { EndpointEntry(number: .world, kind: .world) }
}
