import ConfigurationFile
import FlowModel
import Foundation
import Identity
import KubernetesClient
import Logging
import Synchronization

/// Who is at the ends of flows that are decoded: what an identity file says, or a cluster that is listed first.
final class DecodeNames: Sendable {
    /// The cluster could not be listed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A table at a moment.
    struct Table {
        fileprivate let identity: IdentitySnapshot
        fileprivate let registry: EndpointRegistry
    }

    private let registry: EndpointRegistry
    private let identity: Mutex<IdentitySnapshot>
    /// A cluster that goes on to be watched.
    private let cluster = Mutex<ClusterIdentity?>(nil)
    private let reviewedAt = Mutex(Timestamp.unknown)

    private init(_ identity: IdentitySnapshot, registry: EndpointRegistry) {
        self.identity = Mutex(identity)
        self.registry = registry
    }

    /// What names the ends by this configuration; nil where nothing does. A cluster is asked only where the configuration names its credentials.
    ///
    /// - Parameter keepsWatching: whether a cluster is watched until `stop`; else it is listed once.
    /// - Throws: What is wrong with the file or the credentials, or why the cluster cannot be listed.
    static func find(_ configuration: WeirConfiguration, keepsWatching: Bool) throws -> DecodeNames? {
        guard configuration.identity.file != nil || asksCluster(configuration) else { return nil }
        var configuration = configuration
        // What metrics leave out is named here.
        configuration.identity.labels = LabelsConfiguration()
        let registry = EndpointRegistry()
        guard keepsWatching, asksCluster(configuration) else {
            return DecodeNames(try snapshot(configuration, registry: registry), registry: registry)
        }
        let names = DecodeNames(try IdentityLoader.load(configuration.identity, registry: registry).snapshot, registry: registry)
        let cluster = try list(configuration, registry: registry) { [weak names] snapshot in names?.identity.withLock { $0 = snapshot } }
        names.cluster.withLock { $0 = cluster }
        return names
    }

    /// The table of the identity file, of a cluster that is listed once, or of the configuration alone.
    static func snapshot(_ configuration: WeirConfiguration, registry: EndpointRegistry) throws -> IdentitySnapshot {
        guard asksCluster(configuration) else { return try IdentityLoader.load(configuration.identity, registry: registry).snapshot }
        var configuration = configuration
        configuration.identity.grace = longAgo
        return try list(configuration, registry: registry) { _ in }.finish()
    }

    /// A capture may be older than any grace period: the table tells since when each pod has had its address for so many nanoseconds, 20 years.
    private static let longAgo: Int64 = 20 * 365 * 86_400 * 1_000_000_000

    private static func asksCluster(_ configuration: WeirConfiguration) -> Bool {
        guard configuration.identity.file == nil else { return false }
        switch configuration.kubernetes.mode {
        case .inCluster, .kubeconfig: return true
        // A capture is often looked at where a kubeconfig lies about for something else.
        case .auto: return configuration.kubernetes.kubeconfig != nil
        case .disabled: return false
        }
    }

    /// How often a list is tried that does not come about.
    private static let attempts: UInt64 = 3

    /// Lists the cluster, and goes on watching it.
    private static func list(
        _ configuration: WeirConfiguration, registry: EndpointRegistry, publish: @escaping @Sendable (IdentitySnapshot) -> Void
    ) throws -> ClusterIdentity {
        guard let credentials = try ClusterIdentity.credentials(configuration) else {
            throw Failure(description: "there are no credentials for a cluster")
        }
        let handler = LineLogHandler(LogLevel(.error), format: .text)
        let logger = Logger(label: "weir") { _ in handler }
        for warning in credentials.warnings { StandardError.write("weir: \(warning)\n") }
        let cluster = ClusterIdentity(
            LiveIdentity(configuration.identity, registry: registry), withOwners: configuration.identity.labels.wantsOwners, credentials: credentials,
            configuration: configuration.kubernetes,
            logger: logger,
            publish: publish, known: { _ in }, retire: { _ in })
        let deadline = WallClock.monotonic + configuration.kubernetes.syncTimeout
        while true {
            let status = cluster.status
            if status.isSynced { break }
            let open = status.watches.filter { !$0.isListed && $0.refusal == nil }
            let isHopeless = open.allSatisfy { $0.restarts.values.reduce(0, &+) >= attempts }
            guard !isInterrupted, !isHopeless, WallClock.monotonic < deadline else {
                cluster.stop()
                throw Failure(description: "the cluster at \(credentials.server) could not be listed: \(troubles(of: open))")
            }
            usleep(20_000)
        }
        // Without pods there are no names; what else is refused has been logged.
        if let pods = cluster.status.watches.first(where: { $0.scope.resource == .pods && $0.refusal != nil }) {
            cluster.stop()
            throw Failure(description: "the pods of the cluster at \(credentials.server) could not be listed: \(pods.trouble ?? "refused")")
        }
        return cluster
    }

    /// Whether a signal waits that nobody looks at yet (`SignalWaiter`).
    private static var isInterrupted: Bool {
        var pending = sigset_t()
        return unsafe sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1)
    }

    private static func troubles(of watches: [WatchStatus]) -> String {
        let troubles = Dictionary(grouping: watches) { $0.trouble ?? "it takes longer than kubernetes.sync_timeout" }
        return troubles.sorted { $0.key < $1.key }.map { trouble, watches in
            "\(watches.map(\.scope.description).joined(separator: ", ")): \(trouble)"
        }.joined(separator: "; ")
    }

    /// The table as it is now; `now` is that of the flows that come.
    func table(at now: Timestamp) -> Table {
        let isDue = reviewedAt.withLock { last in
            guard now.ends(wait: 1_000_000_000, since: last) else { return false }
            last = now
            return true
        }
        if isDue { cluster.withLock { $0?.review() } }
        return Table(identity: identity.withLock { $0 }, registry: registry)
    }

    /// Ends the watch, where there is one.
    func stop() {
        cluster.withLock { $0?.stop() }
    }
}

extension DecodeNames.Table {
    /// Who was at the ends of a flow at its own time: when it ended, or was received where it does not say.
    func ends(of flow: Flow, receivedAt: Timestamp) -> (source: FlowFormatter.End?, destination: FlowFormatter.End?) {
        let time = flow.end == .unknown ? receivedAt : flow.end
        return (
            end(flow.source, flow.sourcePort, flow.protocolNumber, at: time),
            end(flow.destination, flow.destinationPort, flow.protocolNumber, at: time)
        )
    }

    private func end(_ address: IPAddress, _ port: UInt16, _ protocolNumber: UInt8, at time: Timestamp) -> FlowFormatter.End? {
        guard !address.isUnspecified else { return nil }
        let entry = identity.lookup(address, port: port, protocolNumber: protocolNumber, at: time, seenOn: nil)
        let labels = registry.labels(of: entry.number)
        var end = FlowFormatter.End(namespace: labels.namespace, pod: labels.pod)
        end.node = entry.node.flatMap { identity.name(of: $0) } ?? ""
        if entry.kind == .pod, let workload = identity.workload(of: entry.number) {
            end.workload = workload.name
            end.workloadKind = workload.kind
        }
        return end
    }
}
