import FlowModel
import Identity

/// What was seen at both ends of the way between two nodes.
extension ShardState {
    /// Says whether a batch's records can tell how many packets there were: not where they are sampled, and not where others count.
    @inline(__always)
    mutating func settleMeasuring(of index: Int, _ origin: inout FlowOrigin) {
        guard origin.node != nil else { return }
        let isAsked = configuration.deduplicates && !shared.hearsOneNode && origin.counts.contains(.home)
        origin.measures = sessions[index].measures(isAsked: isAsked)
    }

    /// Takes in what a record tells of the way between two nodes.
    @inline(never)
    mutating func noteCrossing(_ flow: borrowing Flow, _ source: EndpointEntry, _ destination: EndpointEntry, _ origin: FlowOrigin) {
        guard origin.measures, source.kind == .pod, destination.kind == .pod, flow.samplingRate <= 1 else { return }
        let vantage = Vantage(exporterNode: origin.node, reportsBothDirections: origin.reportsBothDirections, counts: origin.counts)
        switch vantage.crossing(source: source, destination: destination, direction: flow.direction) {
        case .sent(let from, let to): nodeTraffic.add(flow, from: from, to: to, .sent)
        case .received(let from, let to): nodeTraffic.add(flow, from: from, to: to, .received)
        case nil: break
        }
    }

    /// Says of each node whose packets are measured how its exporter has been doing since the last call.
    mutating func takeNodeReports(into reports: inout [NodeIndex: NodeReport]) {
        for index in sessions.indices where sessions[index].isInUse && sessions[index].isMeasured {
            guard let node = sessions[index].node else { continue }
            let report = sessions[index].takeNodeReport()
            if reports[node] == nil { reports[node] = report } else { reports[node]?.add(report) }
        }
    }
}
