import Alerting
import Detection
import FlowModel
import HTTPServer
import Windows

/// The page of an alert, at `/alerts/ID`: what is wrong, what it was seen by, and where to go on.
struct AlertPage {
    private let alert: Alert
    private let rule: AlertRule?
    private let externalURL: String?
    private let now: Timestamp

    /// - Parameter rule: nil where it is not in force any more.
    init(_ alert: Alert, _ rule: AlertRule?, externalURL: String?, now: Timestamp) {
        self.alert = alert
        self.rule = rule
        self.externalURL = externalURL
        self.now = now
    }

    /// What is answered where there is no such alert (any more).
    static var missing: HTTPResponse {
        let body = """
            <h1>There is no such alert</h1>
            <p>It may have ended more than a day ago, or its rule's labels have changed since. <a href="/alerts">All alerts</a>.</p>
            """
        return .html(Page.html(title: "Weir: no such alert", canonical: nil, body: style + body), status: 404)
    }

    var response: HTTPResponse {
        let parts = [heading, measure, plot, labels, details, pairs, flows, exporters, queries, about]
        let title = "\(alert.rule): \(alert.state.rawValue)"
        return .html(Page.html(title: title, canonical: nil, body: Self.style + parts.filter { !$0.isEmpty }.joined(separator: "\n")))
    }

    // MARK: Parts

    private var heading: String {
        """
        <h1>\(alert.rule.htmlEscaped) \(AlertsPage.badge(alert))</h1>
        <p class="lead">\((alert.annotations["summary"] ?? alert.words).htmlEscaped)</p>
        <p class="soft">\(times.htmlEscaped)</p>
        """
    }

    private var times: String {
        var words = ["holds since \(AlertNumbers.time(alert.activeAt))"]
        if let fired = alert.firedAt { words.append("fires since \(AlertNumbers.time(fired))") }
        if let since = alert.keepFiringSince { words.append("no longer held at \(AlertNumbers.time(since)), kept firing for a while") }
        if let ended = alert.resolvedAt {
            words = [
                "fired from \(AlertNumbers.time(alert.startsAt)) to \(AlertNumbers.time(ended)), for \(OverviewPage.age(ended.since(alert.startsAt)))"
            ]
        }
        return words.joined(separator: "; ")
    }

    private var measure: String {
        guard let measure = alert.evidence?.measure else { return "" }
        var tiles = [(AlertNumbers.text(measure.value, measure.unit), "was measured when it fired")]
        if let expected = measure.expected { tiles.append((AlertNumbers.text(expected, measure.unit), "was expected")) }
        if let limit = measure.limit {
            tiles.append((AlertNumbers.text(limit, measure.unit), measure.expected == nil ? "is the limit" : "would still have been usual"))
        }
        if let score = measure.score { tiles.append((AlertNumbers.short(score), "how unusual: 1 and more is")) }
        if let judge = measure.judge { tiles.append((judge, "judged")) }
        let html = tiles.map { "<div class=\"tile\"><b>\($0.0.htmlEscaped)</b><span>\($0.1.htmlEscaped)</span></div>" }
        return "<div class=\"tiles\">\n\(html.joined(separator: "\n"))\n</div>"
    }

    private var plot: String {
        guard let evidence = alert.evidence,
            let plot = AlertPlot(
                history: evidence.history, expected: evidence.expectedHistory, limit: evidence.measure.limit, unit: evidence.measure.unit,
                step: Double(ClosedTick.seconds), end: evidence.historyEnd)
        else { return "" }
        let lines =
            "<span class=\"key value\"></span> measured, in \(AlertNumbers.words(of: evidence.measure.unit).htmlEscaped)"
            + (evidence.expectedHistory.contains(where: \.isFinite) ? " · <span class=\"key expected\"></span> expected" : "")
            + (evidence.measure.limit == nil ? "" : " · <span class=\"key limit\"></span> the limit when it fired")
        return "<h2>Around the time</h2>\n<div class=\"scroll\">\(plot.svg)</div>\n<p class=\"soft\">\(lines); times are UTC</p>"
    }

    private var labels: String {
        let rows = alert.labels.sorted { $0.key < $1.key }.map { "<code>\($0.key.htmlEscaped)=\($0.value.htmlEscaped)</code>" }
        return "<h2>Labels</h2>\n<p>\(rows.joined(separator: " "))</p>"
    }

    private var details: String {
        var lines = alert.evidence?.details ?? []
        for (name, value) in alert.annotations.sorted(by: { $0.key < $1.key }) where name != "summary" && value != lines.joined(separator: "\n") {
            lines.append("\(name): \(value)")
        }
        return lines.isEmpty ? "" : "<h2>Details</h2>\n<ul>" + lines.map { "<li>\($0.htmlEscaped)</li>" }.joined() + "</ul>"
    }

    private var pairs: String {
        guard let pairs = alert.evidence?.pairs, !pairs.isEmpty else { return "" }
        let rows = pairs.map { pair in
            """
            <tr><td>\(Self.end(pair.sourceNamespace, pair.sourcePod))</td><td>\(Self.end(pair.destinationNamespace, pair.destinationPod))</td>\
            <td>\(pair.transport.htmlEscaped)\(pair.port == 0 ? "" : " \(pair.port)")</td>\
            <td class="number">\(AlertNumbers.short(Double(pair.bytes)).htmlEscaped)B</td><td class="number">\(AlertNumbers.short(Double(pair.packets)).htmlEscaped)</td>\
            <td class="number">\((pair.shareOfChange.map { AlertNumbers.text($0, "ratio") } ?? "").htmlEscaped)</td></tr>
            """
        }
        return Self.table("Pods", ["source", "destination", "port", "bytes", "packets", "share of the change"], rows)
    }

    private var flows: String {
        guard let flows = alert.evidence?.flows, !flows.isEmpty else { return "" }
        let rows = flows.map { flow in
            """
            <tr><td>\(flow.source.htmlEscaped) <span class="soft">\(flow.sourcePort)</span></td><td>\(flow.destination.htmlEscaped) \
            <span class="soft">\(flow.destinationPort)</span></td><td>\(flow.transport.htmlEscaped)</td>\
            <td class="number">\(AlertNumbers.short(Double(flow.bytes)).htmlEscaped)B</td><td class="number">\(AlertNumbers.short(Double(flow.packets)).htmlEscaped)</td>\
            <td>\(AlertNumbers.clock(flow.start).htmlEscaped) to \(AlertNumbers.clock(flow.end).htmlEscaped)</td><td>\(flow.exporter.htmlEscaped)</td></tr>
            """
        }
        return Self.table("Heaviest flows", ["source", "destination", "protocol", "bytes", "packets", "time", "exporter"], rows)
    }

    private var exporters: String {
        guard let exporters = alert.evidence?.exporters, !exporters.isEmpty else { return "" }
        return "<h2>Seen by</h2>\n<p>\(exporters.map(\.htmlEscaped).joined(separator: ", "))</p>"
    }

    private var queries: String {
        let queries = AlertQueries.queries(for: alert)
        guard !queries.isEmpty else { return "" }
        let rows = queries.map { "<dt>\($0.what.htmlEscaped)</dt><dd><code>\($0.query.htmlEscaped)</code></dd>" }
        return "<h2>Go on in Prometheus</h2>\n<dl>\n\(rows.joined(separator: "\n"))\n</dl>"
    }

    private var about: String {
        let link = externalURL.map { " · <a href=\"\($0.htmlEscaped)/alerts/\(alert.id)\">link to this page for others</a>" } ?? ""
        let query = rule.map { "<p>The rule: <code>\($0.query.htmlEscaped)</code> <span class=\"soft\">from \($0.file.htmlEscaped)</span></p>" } ?? ""
        return
            "<h2>About it</h2>\n\(query)\n<p class=\"soft\">Alert \(alert.id.description.htmlEscaped) · <a href=\"/alerts\">all alerts</a>\(link)</p>"
    }

    private static func end(_ namespace: String, _ pod: String) -> String {
        pod.isEmpty ? namespace.htmlEscaped : "<span class=\"soft\">\(namespace.htmlEscaped)/</span>\(pod.htmlEscaped)"
    }

    private static func table(_ title: String, _ columns: [String], _ rows: [String]) -> String {
        """
        <h2>\(title.htmlEscaped)</h2>
        <div class="scroll"><table>
        <tr>\(columns.map { "<th>\($0.htmlEscaped)</th>" }.joined())</tr>
        \(rows.joined(separator: "\n"))
        </table></div>
        """
    }

    /// What pages of alerts have beside the style of all pages.
    static let style = """
        <style>
        h1 { font-size: 1.4rem; margin: 0 0 .4rem }
        .badge { font-size: .8rem; font-weight: 600; padding: .1rem .5rem; border-radius: .6rem; border: 1px solid currentColor; vertical-align: middle }
        .plot { width: 100%; height: auto; display: block; font: 11px system-ui, sans-serif }
        .plot text { fill: var(--soft) } .plot .grid { stroke: var(--line) } .plot polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round }
        .plot .value { stroke: var(--water) } .plot .expected { stroke: var(--good); stroke-dasharray: 5 4 } .plot .limit { stroke: var(--bad); stroke-dasharray: 2 4 }
        .plot .dot { fill: var(--bad) }
        .key { display: inline-block; width: 1.4rem; border-top: 2px solid var(--water); vertical-align: middle }
        .key.expected { border-top: 2px dashed var(--good) } .key.limit { border-top: 2px dotted var(--bad) }
        dt { color: var(--soft) } dd { margin: 0 0 .6rem; overflow-x: auto }
        </style>

        """
}
