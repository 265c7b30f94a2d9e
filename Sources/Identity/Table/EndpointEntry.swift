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

    // All of it in one number, so that a look-up gives one register: the endpoint's number in the lower half, then the kind, a bit each, and the node plus one.
    @usableFromInline var bits: UInt64

    @usableFromInline static let kindShift: UInt64 = 32
    @usableFromInline static let unsettled: UInt64 = 1 << 35
    @usableFromInline static let bridgePort: UInt64 = 1 << 36
    @usableFromInline static let serviceBackend: UInt64 = 1 << 37
    @usableFromInline static let backends: UInt64 = 1 << 38
    @usableFromInline static let history: UInt64 = 1 << 39
    @usableFromInline static let nodeShift: UInt64 = 40

    /// What it is called.
    @inlinable
    @inline(__always)
    public var number: EndpointNumber { EndpointNumber(rawValue: UInt32(truncatingIfNeeded: bits)) }

    /// What kind of end it is.
    @inlinable
    @inline(__always)
    public var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: bits >> Self.kindShift) & 7) ?? .world }

    /// The node that the address is on; nil where it is on none, or not known.
    @inlinable
    @inline(__always)
    public var node: NodeIndex? {
        bits >> Self.nodeShift == 0 ? nil : NodeIndex(rawValue: UInt16(truncatingIfNeeded: (bits >> Self.nodeShift) &- 1))
    }

    /// The place in a `NodeSet` of the node on which packets of this end have their home; 0 where they have none.
    @inlinable
    @inline(__always)
    var homePlace: UInt64 { bits & Self.bridgePort == 0 ? 0 : bits >> Self.nodeShift }

    /// Whether packets from it enter the node's bridge by a port of their own, so that an exporter there sees them enter: pods with an address of
    /// their own, and a node's management port. Packets of a gateway come by a patch port, of which Open vSwitch has no ingress record.
    @inlinable
    @inline(__always)
    public var hasBridgePort: Bool {
        get { bits & Self.bridgePort != 0 }
        set { set(Self.bridgePort, newValue) }
    }

    /// Whether a Service is backed by it, at some port.
    @inlinable
    @inline(__always)
    public var isServiceBackend: Bool {
        get { bits & Self.serviceBackend != 0 }
        set { set(Self.serviceBackend, newValue) }
    }

    /// Of a Service's address: whether something stands behind it.
    @inlinable
    @inline(__always)
    public var hasBackends: Bool {
        get { bits & Self.backends != 0 }
        set { set(Self.backends, newValue) }
    }

    /// Whether nobody is known to have had the address at the time that was asked for, though it is one of the cluster's: it may be somebody's who is not
    /// known yet. The entry is the last owner's then, within the grace period, or that of a cluster range.
    @inlinable
    @inline(__always)
    public var isUnsettled: Bool {
        get { bits & Self.unsettled != 0 }
        set { set(Self.unsettled, newValue) }
    }

    /// Whether one of two is unsettled.
    @inlinable
    @inline(__always)
    public func isUnsettled(or other: EndpointEntry) -> Bool { (bits | other.bits) & Self.unsettled != 0 }

    /// Within a table: whether more is known of the address than fits an entry, for a second look-up to find.
    @usableFromInline
    var hasHistory: Bool {
        @inline(__always) get { bits & Self.history != 0 }
        set { set(Self.history, newValue) }
    }

    /// Whether it is a node's address, of which the port may say more.
    @inlinable
    @inline(__always)
    public var isHost: Bool { (bits >> Self.kindShift) & 7 == UInt64(Kind.host.rawValue) }

    /// Whether it is a Service's address.
    @inlinable
    @inline(__always)
    public var isService: Bool { (bits >> Self.kindShift) & 7 == UInt64(Kind.service.rawValue) }

    /// An entry of which nothing else is known.
    public init(number: EndpointNumber, kind: Kind, node: NodeIndex? = nil, hasBridgePort: Bool = false) {
        bits = UInt64(number.rawValue) | UInt64(kind.rawValue) << Self.kindShift
        if let node { bits |= (UInt64(node.rawValue) + 1) << Self.nodeShift }
        self.hasBridgePort = hasBridgePort
    }

    /// The same by another name.
    func called(_ number: EndpointNumber) -> EndpointEntry {
        var entry = self
        entry.bits = bits & ~UInt64(UInt32.max) | UInt64(number.rawValue)
        return entry
    }

    @usableFromInline
    mutating func set(_ bit: UInt64, _ isSet: Bool) {
        if isSet { bits |= bit } else { bits &= ~bit }
    }

    /// `reserved:unmanaged`, of a range whose addresses may get an owner.
    static func unmanaged(node: NodeIndex? = nil, hasBridgePort: Bool = false) -> EndpointEntry {
        var entry = EndpointEntry(number: .unmanaged, kind: .unmanaged, node: node, hasBridgePort: hasBridgePort)
        entry.isUnsettled = true
        return entry
    }

    /// `reserved:world`.
    public static var world: EndpointEntry { EndpointEntry(number: .world, kind: .world) }
}
