import Collector
import Exporters
import FlowProtocols
import Identity
import Metrics

/// What Weir says about itself and its exporters.
enum SelfMetrics {
    static func write(_ source: MetricsSource, to writer: inout ExpositionWriter) {
        let gathered = source.totals.gather()
        let configuration = source.configuration()
        writeExporters(source.totals.exposed.withLock { $0.expose(gathered.sessions, configuration: configuration.exporters) }, to: &writer)
        writeReceiving(source, gathered, to: &writer)
        writeLedger(source, to: &writer)
        writeCounting(source, gathered, to: &writer)
        if let cluster = source.cluster { writeKubernetes(cluster.status, to: &writer) }
        source.watch?.writeMetrics(to: &writer)
        source.own.write(to: &writer)
    }

    private static func writeExporters(_ exporters: [ExporterStatus], to writer: inout ExpositionWriter) {
        typealias ByProtocol = ExporterStatus.ByProtocol
        func each(_ name: String, _ kind: MetricType, _ help: String, _ body: (ExporterStatus, ByProtocol, inout ExpositionWriter) -> Void) {
            writer.family(name, type: kind, help: help)
            for exporter in exporters { for part in exporter.protocols { body(exporter, part, &writer) } }
        }
        each("weir_exporter_datagrams_total", .counter, "Export datagrams received.") {
            $2.sample(["exporter": $0.name, "protocol": $1.name], value: $1.datagrams)
        }
        each("weir_exporter_records_total", .counter, "Flow records and packet samples decoded.") {
            $2.sample(["exporter": $0.name, "protocol": $1.name], value: $1.records)
        }
        each("weir_exporter_lost_total", .counter, "Records or datagrams that never came, by gaps in the sequence numbers.") {
            for (unit, count) in $1.lost.sorted(by: { $0.key < $1.key }) {
                $2.sample(["exporter": $0.name, "protocol": $1.name, "unit": unit], value: count)
            }
        }
        each("weir_exporter_decode_errors_total", .counter, "What could not be decoded, by reason.") {
            for (reason, count) in $1.decodeErrors.sorted(by: { $0.key < $1.key }) {
                $2.sample(["exporter": $0.name, "protocol": $1.name, "reason": reason], value: count)
            }
        }
        each("weir_exporter_templates", .gauge, "Templates known.") {
            $2.sample(["exporter": $0.name, "protocol": $1.name], value: UInt64(clamping: $1.templates))
        }
        each("weir_exporter_sampling_rate", .gauge, "Packets observed for each packet sampled, and how that is known.") {
            if $0.isRest { return }
            $2.sample(["exporter": $0.name, "protocol": $1.name, "source": $1.samplingSource.rawValue], value: UInt64($1.samplingRate))
        }
        each("weir_exporter_active_timeout_seconds", .gauge, "Active timeout as announced, else the longest flow seen.") {
            if let seconds = $1.activeTimeoutSeconds, !$0.isRest {
                $2.sample(["exporter": $0.name, "protocol": $1.name], value: UInt64(seconds))
            }
        }
        each("weir_exporter_clock_offset_seconds", .gauge, "How far the exporter's clock is ahead of this one's.") {
            if let seconds = $1.clockOffsetSeconds, !$0.isRest {
                $2.sample(["exporter": $0.name, "protocol": $1.name], value: seconds)
            }
        }
        each("weir_exporter_last_seen_timestamp_seconds", .gauge, "When the last datagram came, in seconds since 1970.") {
            $2.sample(["exporter": $0.name, "protocol": $1.name], value: $1.lastSeen)
        }
        writer.family("weir_exporter_address_shared", type: .gauge, help: "1 where several exporters behind one address contradict each other.")
        for exporter in exporters where !exporter.isRest {
            writer.sample(["exporter": exporter.name], value: UInt64(exporter.addressIsShared ? 1 : 0))
        }
        writer.family(
            "weir_unknown_sampling_records_total", type: .counter, help: "Records counted without a rate that their exporter had referred to.")
        for exporter in exporters {
            writer.sample(["exporter": exporter.name], value: exporter.unknownSamplingRecords)
        }
    }

    private static func writeReceiving(_ source: MetricsSource, _ gathered: Totals.Gathered, to writer: inout ExpositionWriter) {
        let statistics = source.collector?.statistics ?? []
        writer.family("weir_receive_drops_total", type: .counter, help: "Datagrams that the kernel dropped because a receive buffer was full.")
        writer.sample(value: statistics.reduce(0) { $0 &+ $1.receiveDrops })
        writer.family("weir_refused_datagrams_total", type: .counter, help: "Datagrams that were not taken, by reason.")
        writer.sample(["reason": "not_allowed"], value: statistics.reduce(0) { $0 &+ $1.refusedDatagrams })
        writer.sample(["reason": "not_flow_export"], value: gathered.tallies.notExports)
        if let streams = source.collector?.streamStatistics { writeConnections(streams, to: &writer) }
        writeBounds(gathered, to: &writer)
    }

    /// What sessions hold, and what there was no room for.
    private static func writeBounds(_ gathered: Totals.Gathered, to writer: inout ExpositionWriter) {
        writer.family("weir_sessions", type: .gauge, help: "Sessions of exporters that are known.")
        writer.sample(value: UInt64(clamping: gathered.openSessions))
        writer.family("weir_refused_sessions_total", type: .counter, help: "Datagrams of new sessions for which there was no room, by reason.")
        for reason in [SessionReason.tableFull, .addressLimit] {
            writer.sample(["reason": reason.rawValue], value: gathered.tallies.refusedSessions[reason, default: 0])
        }
        writer.family("weir_forgotten_sessions_total", type: .counter, help: "Sessions of exporters that made room for others, by reason.")
        for reason in SessionReason.allCases {
            writer.sample(["reason": reason.rawValue], value: gathered.tallies.forgottenSessions[reason, default: 0])
        }
        writer.family("weir_session_memory_bytes", type: .gauge, help: "Memory that sessions of exporters hold, at most, by kind.")
        for kind in HeldBytes.Kind.allCases { writer.sample(["kind": kind.label], value: UInt64(clamping: gathered.held[kind])) }
        writer.family("weir_interfaces", type: .gauge, help: "Interfaces whose counters are kept.")
        writer.sample(value: UInt64(clamping: gathered.interfaces))
        writer.family("weir_refused_state_total", type: .counter, help: "What exporters sent for which there was no room, by reason.")
        let refused = gathered.tallies.refused
        let reasons = [
            ("pending_flows", refused.pendingFlows), ("running_totals", refused.runningTotals), ("facts", refused.facts),
            ("interfaces_of_exporter", gathered.refusedInterfacesOfExporter), ("interfaces", gathered.refusedInterfaces),
        ]
        for (reason, count) in reasons { writer.sample(["reason": reason], value: count) }
    }

    private static func writeConnections(_ streams: StreamStatistics, to writer: inout ExpositionWriter) {
        writer.family("weir_tcp_connections", type: .gauge, help: "TCP connections of exporters that are open.")
        writer.sample(value: UInt64(clamping: streams.connections))
        writer.family("weir_refused_connections_total", type: .counter, help: "TCP connections that were closed as they came, by reason.")
        for reason in StreamStatistics.Refusal.allCases { writer.sample(["reason": reason.rawValue], value: streams.refused[reason, default: 0]) }
        writer.family("weir_closed_connections_total", type: .counter, help: "TCP connections that ended, by reason.")
        for reason in StreamStatistics.Ending.allCases { writer.sample(["reason": reason.rawValue], value: streams.ended[reason, default: 0]) }
    }

    private static func writeLedger(_ source: MetricsSource, to writer: inout ExpositionWriter) {
        let (pairs, received, withheld, retired, folded) = source.totals.withLedger {
            (UInt64(clamping: $0.pairs), $0.receivedBytes, $0.withheldBytes, $0.retiredBytes, $0.foldedBytes)
        }
        writer.family("weir_pairs", type: .gauge, help: "Pairs that are exposed.")
        writer.sample(value: pairs)
        writer.family("weir_pairs_limit", type: .gauge, help: "Pairs that are exposed at most: metrics.max_pairs.")
        writer.sample(value: UInt64(clamping: source.configuration().ledger.maxPairs))
        writer.family("weir_received_bytes_total", type: .counter, help: "IP bytes counted, whether they are exposed, withheld or retired.")
        writer.sample(value: received)
        writer.family("weir_withheld_bytes", type: .gauge, help: "IP bytes of pairs too new to show their value.")
        writer.sample(value: withheld)
        writer.family("weir_retired_bytes_total", type: .counter, help: "IP bytes of pairs that are no longer exposed.")
        writer.sample(value: retired)
        writer.family("weir_folded_bytes_total", type: .counter, help: "IP bytes that stand in folded pairs, by source namespace.")
        for (namespace, bytes) in folded.sorted(by: { $0.key < $1.key }) {
            writer.sample(["source_namespace": namespace], value: bytes)
        }
    }

    private static func writeCounting(_ source: MetricsSource, _ gathered: Totals.Gathered, to writer: inout ExpositionWriter) {
        writer.family("weir_set_aside_records_total", type: .counter, help: "Records that are another view of what is counted elsewhere.")
        for reason in SetAsideReason.allCases {
            let count = gathered.tallies.setAside(reason)
            if count > 0 { writer.sample(["reason": reason.rawValue], value: count) }
        }
        writeVantagePoints(source, to: &writer)
        writer.family("weir_hold_overflow_records_total", type: .counter, help: "Records that were to wait and found no room.")
        writer.sample(value: gathered.tallies.holdOverflow)
        writer.family("weir_attributed_bytes_total", type: .counter, help: "IP bytes by how their ends were named.")
        for side in ShardTallies.Side.allCases {
            for result in ShardTallies.Attribution.allCases {
                writer.sample(["side": side.label, "result": result.label], value: gathered.tallies.attributed(side, result))
            }
        }
        writer.family("weir_identity_endpoints", type: .gauge, help: "Endpoints in the identity table.")
        let identity = source.shared.current().view.identity
        writer.sample(value: UInt64(identity.endpointCount))
        writer.family(
            "weir_identity_left_out_total", type: .counter, help: "What objects told of addresses and ports beyond the bounds of what is kept.")
        writer.sample(value: identity.leftOut)
    }
}
