import Exporters
import FlowModel
import Foundation
import HTTPServer

/// The page at `/`: what Weir is, how it is, who exports to it, and where to go on.
struct OverviewPage {
    private let service: Service

    init(_ service: Service) {
        self.service = service
    }

    var response: HTTPResponse {
        let exporters = service.exporters
        let identity = service.pipeline.shared.current().view.identity
        let (pairs, received) = service.pipeline.totals.withLedger { ($0.pairs, $0.receivedBytes) }
        let records = exporters.flatMap(\.protocols).reduce(UInt64(0)) { $0 &+ $1.records }
        let notice = service.configuration.web.notice.map { "<p class=\"notice\">\($0.htmlEscaped)</p>\n" } ?? ""
        let body = """
            \(notice)<p class="lead">Weir takes the flow records of your cluster's network (NetFlow, IPFIX, sFlow), says which pods are at each end, and counts them for Prometheus.</p>
            <div class="tiles">
            \(tile("\(exporters.count)", "exporters"))
            \(tile(Self.short(records), "flow records"))
            \(tile(Self.short(received) + "B", "counted"))
            \(tile("\(pairs)", "pairs"))
            \(tile("\(identity.endpointCount)", "named endpoints"))
            \(service.watch.map { tile("\($0.alerts.firing)", "alerts firing") } ?? "")
            \(tile(Self.age(WallClock.now.since(service.startedAt)), "running, version \(BuildInfo.current.version)"))
            </div>
            <h2>Exporters</h2>
            \(exporters.isEmpty ? nothingYet : table(exporters))
            \(corrections(exporters))
            \(IdentityPart(service).html)
            <h2>Go on</h2>
            <p>\(service.watch == nil ? "" : #"<a href="/alerts">alerts</a> · "#)<a href="/metrics">/metrics</a> · <a href="/api/v1/exporters">exporters</a> · <a href="/api/v1/endpoints?limit=100">endpoints</a> ·
            <a href="/api/v1/flows?limit=100">heaviest flows</a> ·
            <a href="/api/v1/status/config">configuration</a> · <a href="/api/v1/status/buildinfo">build</a> · <a href="/-/healthy">health</a> · <a href="/-/ready">readiness</a></p>
            """
        return .html(Page.html(title: "Weir", canonical: service.configuration.web.externalURL, body: body))
    }

    private var nothingYet: String {
        let addresses = service.collector.boundAddresses.map { "<code>\("\($0)".htmlEscaped)</code>" }.joined(separator: ", ")
        return "<p>None has sent anything yet. Weir listens on \(addresses), UDP, for any of the protocols.</p>"
    }

    private func tile(_ value: String, _ label: String) -> String {
        "<div class=\"tile\"><b>\(value.htmlEscaped)</b><span>\(label.htmlEscaped)</span></div>"
    }

    private func table(_ exporters: [ExporterStatus]) -> String {
        let rows = exporters.flatMap { exporter in exporter.protocols.map { row(exporter, $0) } }
        return """
            <div class="scroll"><table>
            <tr><th>exporter</th><th>node</th><th>profile</th><th>protocol</th><th>records</th><th>lost</th><th>sampling</th><th>heard</th><th>state</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }

    private func corrections(_ exporters: [ExporterStatus]) -> String {
        let lists = exporters.filter { !$0.corrections.isEmpty }.map { exporter in
            "<p>\(exporter.name.htmlEscaped)</p><ul>" + exporter.corrections.map { "<li>\($0.htmlEscaped)</li>" }.joined() + "</ul>"
        }
        return lists.isEmpty ? "" : "<h2>What is corrected in their records</h2>" + lists.joined(separator: "\n")
    }

    private func row(_ exporter: ExporterStatus, _ part: ExporterStatus.ByProtocol) -> String {
        let lost = part.lost.values.reduce(0, +)
        let errors = part.decodeErrors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let troubles = exporter.sharedAddress + errors
        let state =
            troubles.isEmpty ? "<span class=\"good\">good</span>" : "<span class=\"bad\">\((troubles.joined(separator: "; ")).htmlEscaped)</span>"
        return """
            <tr><td>\(exporter.name.htmlEscaped)</td><td>\((exporter.node ?? "").htmlEscaped)</td><td>\(exporter.profile.rawValue.htmlEscaped)</td>\
            <td>\(part.name.htmlEscaped)</td><td class="number">\(part.records)</td><td class="number">\(lost)</td>\
            <td>1 in \(part.samplingRate) <span class="soft">\(part.samplingSource.rawValue.htmlEscaped)</span></td>\
            <td>\((Self.age(WallClock.now.since(Timestamp(nanoseconds: Int64(part.lastSeen * 1e9))))).htmlEscaped)</td><td>\(state)</td></tr>
            """
    }

    private static func short(_ value: UInt64) -> String {
        var value = Double(value)
        for unit in ["", "k", "M", "G", "T", "P"] {
            if value < 1000 { return value < 10 && !unit.isEmpty ? String(format: "%.1f %@", value, unit) : "\(Int(value)) \(unit)" }
            value /= 1000
        }
        return String(format: "%.0f E", value)
    }

    static func age(_ nanoseconds: Int64) -> String {
        let seconds = max(nanoseconds, 0) / 1_000_000_000
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min"
        case ..<86_400: return "\(seconds / 3600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}
