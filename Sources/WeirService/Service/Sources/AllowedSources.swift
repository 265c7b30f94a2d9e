import Collector
import Exporters
import FlowModel
import Identity

/// Who may send under `collector.allow: auto`: the cluster's nodes and the exporters that the configuration names, once the nodes are known; else anybody.
///
/// A value that says when another filter is to be put in force, so that nothing is done where nothing has changed.
package struct AllowedSources: Sendable {
    /// Processes of this machine: nobody else can send from these addresses.
    private static let loopback = [
        IPNetwork(containing: IPAddress(v4: 0x7F00_0000), bits: 104), IPNetwork(containing: IPAddress(high: 0, low: 1), bits: 128),
    ]

    private struct Known: Equatable, Sendable {
        var allow: CollectorConfiguration.Allow
        var exporters: [IPAddress]
        /// Nil while the nodes are not known.
        var nodes: Set<IPAddress>?
    }

    private var known: Known?

    package init() {}

    /// Addresses of nodes that may send; nil where it does not go by them.
    package var nodes: Int? { known?.nodes?.count }

    /// The filter to be put in force; nil where the one in force is still right.
    ///
    /// - Parameter isComplete: whether all that the cluster may be asked has been told: before, nobody is refused.
    package mutating func update(
        _ allow: CollectorConfiguration.Allow, exporters: [ExportersConfiguration.Exporter], identity: IdentitySnapshot, isComplete: Bool
    ) -> SourceFilter? {
        let isKnown = allow == .auto && isComplete && identity.knowsNodes && !identity.nodeAddresses.isEmpty
        let now = Known(allow: allow, exporters: exporters.map(\.address), nodes: isKnown ? identity.nodeAddresses : nil)
        guard now != known else { return nil }
        known = now
        guard let nodes = now.nodes else { return SourceFilter(allow) }
        return SourceFilter(Self.loopback + (Array(nodes) + now.exporters).map { IPNetwork(containing: $0, bits: 128) })
    }
}
