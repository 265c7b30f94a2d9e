import FlowModel
import Identity
import Windows

/// Where a flow's record came from, as far as deciding whether it counts needs it.
struct FlowOrigin: Sendable {
    /// The exporter's address.
    var exporter: IPAddress
    /// The node the exporter exports for; nil for one without a node (a switch).
    var node: NodeIndex?
    /// Whether the exporter reports a packet at input and at output, as two records.
    var reportsBothDirections: Bool
    /// Which of its node's vantage points it is.
    var vantage = VantageNumber.none
    /// What that counts.
    var counts = Vantage.Part.all

    /// What stands for it in bookings.
    var number = ExporterNumber.rest
    /// Whether it looks at some packets only, though its records may not say so.
    var isSampled = false
    /// Whether its records tell how many packets there were between nodes.
    var measures = false

    /// With what its vantage point counts now.
    func now(_ roles: VantageRoles) -> FlowOrigin {
        var origin = self
        if let role = roles[vantage] { origin.counts = role.counts }
        return origin
    }
}

/// A flow that waits: for the backend behind a Service's address, or for its home node to show that it exports.
struct HeldFlow: Sendable {
    var flow: Flow
    var origin: FlowOrigin
    /// When it counts as it is.
    var deadline: Timestamp

    /// Nothing waits for longer than a minute: a deadline beyond that was set before the clock was set back.
    private static let longestWait: Int64 = 65_000_000_000

    /// Whether it has waited for as long as it may.
    func isDue(at now: Timestamp) -> Bool {
        now >= deadline || deadline.since(now) > Self.longestWait
    }
}
