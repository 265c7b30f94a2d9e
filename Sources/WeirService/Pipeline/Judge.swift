import FlowModel
import Identity

/// Decides which flows of an exporter count; what holds for all flows of a batch is at hand.
struct Judge {
    /// What becomes of a flow.
    enum Verdict {
        case counts
        case setAside(SetAsideReason)
        /// For its home node to show that it exports.
        case waits
    }

    private let vantage: Vantage
    private let exporting: NodeSet
    private let mayWait: Bool

    init(_ origin: FlowOrigin, _ view: SharedFacts.View, at now: Timestamp) {
        vantage = Vantage(exporterNode: origin.node, reportsBothDirections: origin.reportsBothDirections, counts: origin.counts)
        exporting = view.exportingNodes
        mayWait = now < view.settledAt && origin.node != nil
    }

    @inline(__always)
    func decide(_ source: EndpointEntry, _ destination: EndpointEntry, _ direction: Flow.Direction) -> Verdict {
        switch vantage.decide(source: source, destination: destination, direction: direction, exporting: exporting) {
        case .setAside(let reason): .setAside(reason)
        case .count: mayWait && vantage.mayHaveHomeElsewhere(source: source, destination: destination, exporting: exporting) ? .waits : .counts
        }
    }
}
