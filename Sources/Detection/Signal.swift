import FlowModel
import Foundation
import Windows

/// What a rule can go by; label `signal` of `weir_rule_signal_available`.
enum Signal: String, Sendable {
    case flows
    case unsampledFlows = "unsampled_flows"
    case tcpFlags = "tcp_flags"
    case flowDrops = "flow_drops"
    case interfaceDiscards = "interface_discards"
    case interfaceUtilisation = "interface_utilisation"
    case ecn
    case nodeLoss = "node_loss"
    case exporters
    case learnedEdges = "learned_edges"

    /// What must have been seen; nil where it is no matter of flows.
    var needs: ClosedTick.Signals? {
        switch self {
        case .flows: .flows
        case .unsampledFlows: .unsampledFlows
        case .tcpFlags: .tcpFlags
        case .flowDrops: .flowDrops
        case .interfaceDiscards: .interfaceDiscards
        case .interfaceUtilisation: .interfaceSpeeds
        case .ecn: .ecn
        case .nodeLoss: .nodeLoss
        case .exporters, .learnedEdges: nil
        }
    }

    /// Why it is not there, to follow "not detectable with this export: ".
    var absence: String {
        switch self {
        case .flows, .learnedEdges: "no flows of pods have come"
        case .unsampledFlows: "no exporter sends flows unsampled"
        case .tcpFlags: "no unsampled exporter sends TCP flags"
        case .flowDrops:
            "no exporter tells of dropped packets in flow records or discarded-packet samples (or its marks are not trusted, see trust_drop_marks)"
        case .interfaceDiscards: "no exporter sends its interfaces' discards and errors (sFlow counter samples)"
        case .interfaceUtilisation: "no exporter sends counters of physical interfaces with their speed (sFlow counter samples)"
        case .ecn: "no exporter sends the IP header's ECN field (type of service)"
        case .nodeLoss: "no traffic is seen at both its source's and its destination's node"
        case .exporters: "no exporter has been heard"
        }
    }
}

extension Rule {
    /// Whether what it compares with is only known where the whole cluster is seen.
    var needsWholeCluster: Bool {
        switch settings {
        case .spike, .silence, .threshold: true
        case .unexpected(let settings): settings.learningTime != nil
        case .drops, .congestion, .scan, .connectionFailures, .exporter: false
        }
    }

    /// Whether one of the signals is enough.
    package var needsOneSignal: Bool {
        switch settings {
        case .drops, .congestion: true
        default: false
        }
    }

    /// What it can go by: one of them is enough for drops and congestion, the others need all of theirs. What interfaces and nodes tell is of all traffic, so
    /// that a rule for some of it does not go by that.
    var signals: [Signal] {
        switch settings {
        case .spike, .silence, .threshold: quantitySignals
        case .drops: filter.isOpen ? [.flowDrops, .interfaceDiscards] : [.flowDrops]
        case .congestion: !filter.isOpen ? [.ecn] : [.interfaceUtilisation, .interfaceDiscards, .ecn, .nodeLoss]
        case .unexpected(let settings): settings.learningTime == nil ? [.flows] : [.flows, .learnedEdges]
        case .scan: [.unsampledFlows, .tcpFlags]
        case .connectionFailures: [.tcpFlags]
        case .exporter: [.exporters]
        }
    }

    private var quantitySignals: [Signal] {
        switch quantity {
        case .bytes, .packets, .records: [.flows]
        case .droppedPackets: [.flowDrops]
        case .tcpSYNRecords, .tcpResetRecords: [.tcpFlags]
        case .ecnMarkedPackets: [.ecn]
        }
    }
}

/// Times of ticks as people read them, in UTC.
enum TickText {
    /// The start of a tick as in RFC 3339: `2026-11-21T20:00:00Z`.
    static func string(_ tick: Int64) -> String {
        let seconds = min(max(tick, 0), 1 << 33) * ClosedTick.seconds
        return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// The tick of a time as in RFC 3339; nil where it is none.
    static func tick(_ text: String) -> Int64? {
        guard let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else { return nil }
        return Int64(date.timeIntervalSince1970) / ClosedTick.seconds
    }
}
