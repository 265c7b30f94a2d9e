import FlowModel
import Identity

/// Where a flow's record came from, as far as deciding whether it counts needs it.
struct FlowOrigin: Sendable {
    /// The exporter's address.
    var exporter: IPAddress
    /// The node the exporter exports for; nil for one without a node (a switch).
    var node: NodeIndex?
    /// Whether the exporter reports a packet at input and at output, as two records.
    var reportsBothDirections: Bool
}

/// A flow that waits: for the backend behind a Service's address, or for its home node to show that it exports.
struct HeldFlow: Sendable {
    var flow: Flow
    var origin: FlowOrigin
    /// When it counts as it is.
    var deadline: Timestamp
}
