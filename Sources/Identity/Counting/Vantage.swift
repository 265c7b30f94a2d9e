import FlowModel

/// Which of a packet's views counts.
///
/// A packet is seen at the input and at the output of a bridge, on two nodes, and before and after a Service's translation. Exactly one view counts:
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
/// (`egress_view`, `ingress_view`). That includes what a kernel datapath adds to the captures: the translated packet on its way into the tunnel.
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

    /// The node that the record's exporter exports for; nil for one without a node.
    public var exporterNode: NodeIndex?
    /// Whether the exporter reports a packet at input and at output, as two records.
    public var reportsBothDirections: Bool

    /// The view of an exporter.
    @inlinable
    public init(exporterNode: NodeIndex?, reportsBothDirections: Bool) {
        self.exporterNode = exporterNode
        self.reportsBothDirections = reportsBothDirections
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
        if let home = Self.home(source), exporting.contains(home) {
            guard exporterNode == home else { return .setAside(.otherNode) }
            return reportsBothDirections && direction == .egress ? .setAside(.egressView) : .count
        }
        if let home = Self.home(destination), exporting.contains(home) {
            guard exporterNode == home else { return .setAside(.otherNode) }
            return reportsBothDirections && direction == .ingress ? .setAside(.ingressView) : .count
        }
        return reportsBothDirections && direction == .egress ? .setAside(.egressView) : .count
    }

    /// Whether the packet may have its home at a node that has not shown yet that it exports.
    @inlinable
    @inline(__always)
    public func mayHaveHomeElsewhere(source: EndpointEntry, destination: EndpointEntry, exporting: NodeSet) -> Bool {
        guard let home = Self.home(source) ?? Self.home(destination) else { return false }
        return home != exporterNode && !exporting.contains(home)
    }

    @inlinable
    @inline(__always)
    static func home(_ entry: EndpointEntry) -> NodeIndex? {
        entry.hasBridgePort ? entry.node : nil
    }
}
