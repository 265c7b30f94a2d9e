import FlowModel

/// Which of a packet's views counts.
///
/// A packet is seen at the input and at the output of a bridge, on two nodes, by two protocols, and before and after a Service's translation. Exactly one
/// view counts:
///
/// First its real ends are found. A record to or from a Service's address waits for its backend (`awaitsTranslation`), which is what `Translations`
/// knows; where it doesn't in time,
///
/// | the record | what becomes of it |
/// |---|---|
/// | client → Service | goes on as it is, and counts as `service:NAME` |
/// | Service → client, nothing is behind the Service or no node exports | goes on as it is |
/// | Service → client, else | is set aside (`service_reply_view`): the answer counts under its backend's address |
///
/// Then the packet counts at its *home*:
///
/// | the packet | its home | the view, where the exporter reports both |
/// |---|---|---|
/// | its source has a bridge port on a node that exports | that node | as it enters |
/// | else its destination has a bridge port on a node that exports | that node | as it leaves |
/// | else | wherever it is seen | as it enters |
///
/// Records of other nodes, and of exporters without a node, are set aside where there is a home (`other_node`), and so is the other view at home
/// (`egress_view`, `ingress_view`), and what the node's other vantage points see (`other_vantage`, see `VantageElection`). That includes what a kernel datapath adds to the captures: the translated packet on its way into the tunnel.
///
/// A source without a bridge port (the world, a gateway's join address) comes in by a patch port, of which Open vSwitch has no ingress record; a
/// packet that leaves by one has no egress record.
public struct Vantage: Sendable {
    /// What becomes of a record.
    public enum Decision: Sendable, Equatable {
        /// It is the view that counts.
        case count
        /// Another view of the packet counts.
        case setAside(SetAsideReason)
    }

    /// Parts of what an exporter reports. A node may have a vantage point for each.
    public struct Part: OptionSet, Sendable, Hashable, BitwiseCopyable {
        /// One bit for each part.
        public let rawValue: UInt8

        /// As it stands in `rawValue`.
        @inlinable
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Packets whose home is the exporter's node.
        @inlinable public static var home: Part { Part(rawValue: 1 << 0) }
        /// Packets without a home.
        @inlinable public static var homeless: Part { Part(rawValue: 1 << 1) }
        /// Both.
        @inlinable public static var all: Part { [.home, .homeless] }
    }

    /// The node that the record's exporter exports for; nil for one without a node.
    public var exporterNode: NodeIndex?
    /// Whether the exporter reports a packet at input and at output, as two records.
    public var reportsBothDirections: Bool
    /// Of what this exporter counts, and no other vantage point of its node.
    public var counts: Part

    /// The view of an exporter.
    @inlinable
    public init(exporterNode: NodeIndex?, reportsBothDirections: Bool, counts: Part = .all) {
        self.exporterNode = exporterNode
        self.reportsBothDirections = reportsBothDirections
        self.counts = counts
    }

    /// Whether one of the ends is a Service's address, whose backend is looked for before anything is decided.
    @inlinable
    @inline(__always)
    public static func awaitsTranslation(source: EndpointEntry, destination: EndpointEntry) -> Bool {
        source.isService || destination.isService
    }

    /// Decides for one record, whose ends are the real ones, or a Service's where its backend was looked for in vain. `exporting`: the nodes that
    /// have sent flow records lately.
    @inlinable
    @inline(__always)
    public func decide(source: EndpointEntry, destination: EndpointEntry, direction: Flow.Direction, exporting: NodeSet) -> Decision {
        if source.isService, source.hasBackends, !exporting.isEmpty { return .setAside(.serviceReplyView) }
        var isOtherView = direction == .egress
        var otherView = SetAsideReason.egressView
        var part = Part.homeless
        var home = source.homePlace
        if exporting.contains(place: home) {
            part = .home
        } else {
            home = destination.homePlace
            if exporting.contains(place: home) {
                part = .home
                isOtherView = direction == .ingress
                otherView = .ingressView
            }
        }
        if part == .home, home != exporterPlace { return .setAside(.otherNode) }
        guard counts.contains(part) else { return .setAside(.otherVantage) }
        return reportsBothDirections && isOtherView ? .setAside(otherView) : .count
    }

    /// The exporter's node's place in a `NodeSet`.
    @inlinable
    @inline(__always)
    var exporterPlace: UInt64 { exporterNode.map { UInt64($0.rawValue) + 1 } ?? 0 }

    /// Which part of what the exporter reports the packet belongs to; none where it counts at another node.
    @inlinable
    @inline(__always)
    public func part(source: EndpointEntry, destination: EndpointEntry, exporting: NodeSet) -> Part {
        if let home = Self.home(source), exporting.contains(home) { return exporterNode == home ? .home : [] }
        if let home = Self.home(destination), exporting.contains(home) { return exporterNode == home ? .home : [] }
        return .homeless
    }

    /// Which end of the way between two nodes a record tells of.
    public enum Crossing: Sendable, Equatable {
        /// The packet was seen as it left the one pod for the other.
        case sent(from: NodeIndex, to: NodeIndex)
        /// It was seen as it came to the other pod's node.
        case received(from: NodeIndex, to: NodeIndex)
    }

    /// What a record tells of the way between two nodes: from a pod on the one, as it enters the bridge there, to a pod on the other, as it enters the
    /// bridge there; nil where it tells nothing of that.
    @inlinable
    @inline(__always)
    public func crossing(source: EndpointEntry, destination: EndpointEntry, direction: Flow.Direction) -> Crossing? {
        guard source.kind == .pod, destination.kind == .pod, let from = Self.home(source), let to = Self.home(destination), from != to,
            counts.contains(.home), !reportsBothDirections || direction != .egress
        else { return nil }
        if exporterNode == from { return .sent(from: from, to: to) }
        return exporterNode == to ? .received(from: from, to: to) : nil
    }

    /// Whether the packet may have its home at a node that has not shown yet that it exports.
    @inlinable
    @inline(__always)
    public func mayHaveHomeElsewhere(source: EndpointEntry, destination: EndpointEntry, exporting: NodeSet) -> Bool {
        guard let home = Self.home(source) ?? Self.home(destination) else { return false }
        return home != exporterNode && !exporting.contains(home)
    }

    /// The node on which packets of this end have their home; nil where they have none.
    @inlinable
    @inline(__always)
    public static func home(_ entry: EndpointEntry) -> NodeIndex? {
        entry.hasBridgePort ? entry.node : nil
    }
}
