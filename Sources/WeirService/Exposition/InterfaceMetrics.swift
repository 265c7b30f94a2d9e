import Exporters
import FlowModel
import Metrics

/// `weir_interface_*`: the exporters' own counters of their interfaces.
enum InterfaceMetrics {
    private struct Row {
        var exporter: String
        var node: String
        var interface: String
        var row: InterfaceTotals.Row
    }

    static func write(_ source: MetricsSource, to writer: inout ExpositionWriter) {
        let configured = Dictionary(source.configuration().exporters.exporters.map { ($0.address, $0) }) { first, _ in first }
        let identity = source.shared.current().view.identity
        let rows: [Row] = source.totals.interfaceRows().map { label, row in
            let exporter = configured[row.exporter]
            let node = exporter?.node ?? identity.nodeName(of: row.exporter)
            return Row(exporter: exporter?.name ?? row.exporter.description, node: node ?? "", interface: label, row: row)
        }
        let families: [(String, String, KeyPath<InterfaceTotals.Direction, UInt64>)] = [
            ("weir_interface_octets_total", "Octets through an interface, as its exporter counts them.", \.octets),
            ("weir_interface_packets_total", "Packets through an interface, as its exporter counts them.", \.packets),
            ("weir_interface_discards_total", "Packets that an interface discarded, as its exporter counts them.", \.discards),
            ("weir_interface_errors_total", "Packets with errors at an interface, as its exporter counts them.", \.errors),
        ]
        for (name, help, value) in families {
            writer.family(name, type: .counter, help: help)
            for row in rows {
                for (direction, counters) in [("in", row.row.input), ("out", row.row.output)] {
                    writer.sample(
                        ["exporter": row.exporter, "node": row.node, "interface": row.interface, "direction": direction],
                        value: counters[keyPath: value])
                }
            }
        }
        writer.family("weir_interface_speed_bytes", type: .gauge, help: "Nominal speed of an interface in bytes a second, as its exporter tells it.")
        for row in rows where row.row.speed > 0 {
            writer.sample(["exporter": row.exporter, "node": row.node, "interface": row.interface], value: row.row.speed / 8)
        }
    }
}

extension Totals {
    /// All interfaces of all shards, each with the value of its label.
    func interfaceRows() -> [(label: String, row: InterfaceTotals.Row)] {
        var totals = InterfaceTotals()
        var names: [IPAddress: [ExporterSession.InterfaceNaming]] = [:]
        for shard in shards {
            // What is taken is shared with the shard: it copies the table when its next sample comes, and names when the next new one does.
            let (interfaces, naming) = shard.state.withLock { ($0.interfaces, $0.interfaceNaming()) }
            totals.merge(interfaces)
            for (address, naming) in naming { names[address, default: []].append(naming) }
        }
        return totals.labelledRows { exporter, domain, index in
            names[exporter]?.lazy.compactMap { $0.name(domain: domain, index: index) }.first
        }
    }
}
