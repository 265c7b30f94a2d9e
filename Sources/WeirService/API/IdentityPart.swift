import FlowModel
import HTTPServer
import KubernetesClient

/// The part of the page that says whence the names of the ends come, and how well the cluster is known.
struct IdentityPart {
    private let source: Source
    private let now: Timestamp

    /// Whence the names come.
    enum Source {
        case file(String)
        case cluster(server: String, credentials: String, KubernetesStatus)
        case none
    }

    init(_ source: Source, now: Timestamp) {
        self.source = source
        self.now = now
    }

    init(_ service: Service) {
        let source: Source
        if let cluster = service.cluster {
            source = .cluster(server: cluster.server, credentials: cluster.credentialsSource, cluster.status)
        } else {
            source = service.configuration.identity.file.map { .file($0) } ?? .none
        }
        self.init(source, now: WallClock.now)
    }

    /// Finished, escaped HTML.
    var html: String {
        "<h2>Who is at each end</h2>\n" + content
    }

    private var content: String {
        switch source {
        case .none:
            "<p>Nothing names the cluster's pods: neither <code>identity.file</code> nor <code>kubernetes</code> is configured, so all ends are networks or the world.</p>"
        case .file(let path):
            "<p>Pods, services and nodes are those of the file <code>\(path.htmlEscaped)</code>.</p>"
        case .cluster(let server, let credentials, let status):
            """
            <p>Pods, services and nodes are those of the API server <code>\(server.htmlEscaped)</code>, asked with the credentials of \(credentials.htmlEscaped): \
            \(Self.summary(status)).</p>
            <div class="scroll"><table>
            <tr><th>resource</th><th>objects</th><th>last event</th><th>begun again</th><th>state</th></tr>
            \(status.watches.map(row).joined(separator: "\n"))
            </table></div>
            """
        }
    }

    private static func summary(_ status: KubernetesStatus) -> String {
        if status.isCurrent { return "<span class=\"good\">in step with it</span>" }
        return "<span class=\"bad\">\(status.isSynced ? "not in step with it now; what was known serves" : "not listed whole yet")</span>"
    }

    private func row(_ watch: WatchStatus) -> String {
        let heard = watch.lastEvent == .unknown ? "" : OverviewPage.age(now.since(watch.lastEvent)) + " ago"
        let restarts = watch.restarts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
        let (isGood, state) = self.state(of: watch)
        return """
            <tr><td>\(watch.scope.description.htmlEscaped)</td><td class="number">\(watch.objects)</td><td>\(heard.htmlEscaped)</td>\
            <td class="soft">\(restarts.htmlEscaped)</td><td><span class="\(isGood ? "good" : "bad")">\(state.htmlEscaped)</span></td></tr>
            """
    }

    private func state(of watch: WatchStatus) -> (isGood: Bool, text: String) {
        let trouble = watch.trouble.map { ": \($0)" } ?? ""
        if let refusal = watch.refusal { return (false, (refusal == .forbidden ? "forbidden" : "missing") + trouble) }
        if !watch.isListed { return (watch.trouble == nil, "listing" + trouble) }
        let unreadable = watch.unreadable == 0 ? "" : "; \(watch.unreadable) objects could not be read"
        if watch.isCurrent { return (watch.unreadable == 0, "synced" + unreadable) }
        let age = watch.awaySince.map { " for \(OverviewPage.age(now.since($0)))" } ?? ""
        return (false, "away\(age)\(trouble)\(unreadable)")
    }
}
