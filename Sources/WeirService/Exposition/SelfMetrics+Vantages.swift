import FlowModel
import Identity
import Metrics

extension SelfMetrics {
    /// Which vantage points count, of the nodes that have several.
    static func writeVantagePoints(_ source: MetricsSource, to writer: inout ExpositionWriter) {
        let contenders = source.shared.contenders
        guard !contenders.isEmpty else { return }
        let names = Dictionary(source.configuration().exporters.exporters.map { ($0.address, $0.name) }) { first, _ in first }
        writer.family("weir_vantage_point", type: .gauge, help: "1 where a vantage point of a node that has several counts, else 0.")
        for contender in contenders {
            let exporter = names[contender.point.exporter].flatMap(\.self) ?? contender.point.exporter.description
            for (part, label) in [(Vantage.Part.home, "home"), (.homeless, "homeless")] where contender.reports.contains(part) {
                writer.sample(
                    [
                        "node": contender.node, "exporter": exporter, "protocol": contender.point.exportProtocol.label,
                        "domain": "\(contender.domain)",
                        "part": label,
                    ], value: UInt64(contender.counts.contains(part) ? 1 : 0))
            }
        }
    }
}
