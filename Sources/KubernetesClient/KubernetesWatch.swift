import HTTPClient
import Synchronization

/// Lists and watches what the API server has of a cluster, and hands it on as it changes.
///
/// It works on the thread of its transport from `start` until `stop`, or until it is let go of.
package final class KubernetesWatch: Sendable {
    private let transport: HTTPTransport
    private let watches: [ScopeWatch]

    /// A watch that has not begun.
    ///
    /// - Parameters:
    ///   - resources: what is read of the cluster.
    ///   - report: told, on the transport's thread, what a person should know: each trouble once until it is over.
    package init(
        configuration: KubernetesConfiguration, credentials: ClusterCredentials, transport: HTTPTransport, resources: [Resource],
        settings: ListWatch.Settings = ListWatch.Settings(), sink: any ObjectSink, report: @escaping @Sendable (WatchReport) -> Void
    ) {
        self.transport = transport
        let server = ClusterServer(credentials, transport: transport, report: report)
        let scopes = Self.scopes(of: resources, in: configuration.namespaces)
        let outage = Outage(watches: scopes.count)
        watches = scopes.map { scope in
            ScopeWatch(ListWatch(scope, settings: settings, random: SystemRandomNumberGenerator()), server: server, sink: sink) { line in
                if let line = outage.reports.withLock({ $0.take(line) }) { report(line) }
            }
        }
    }

    /// What the watches share.
    private final class Outage: Sendable {
        let reports: Mutex<OutageReports>

        init(watches: Int) {
            reports = Mutex(OutageReports(watches: watches))
        }
    }

    deinit {
        stop()
    }

    /// Begins. May be called once.
    package func start() {
        transport.perform { [watches] in
            for watch in watches { watch.start() }
        }
    }

    /// Ends everything. What is being handed on at this moment is the last.
    package func stop() {
        for watch in watches { watch.stop() }
    }

    /// How it stands. What it says to be listed, the sink has.
    package var status: KubernetesStatus {
        KubernetesStatus(watches: watches.map(\.status))
    }

    private static func scopes(of resources: [Resource], in namespaces: [String]) -> [Scope] {
        resources.flatMap { resource in
            resource.isNamespaced && !namespaces.isEmpty ? namespaces.map { Scope(resource, in: $0) } : [Scope(resource)]
        }
    }
}
