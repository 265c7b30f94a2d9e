import ConfigurationFile
import FlowModel
import Foundation
import HTTPClient
import Identity
import KubernetesClient
import Logging
import Synchronization

/// The identity table of a live cluster: takes changes in as the API server tells them, and publishes what has become of them, at most every 20 ms.
///
/// All of it happens on the thread of its transport, so that tables are published in their order.
final class ClusterIdentity: Sendable {
    /// Whose addresses flows have; of ReplicaSets and Jobs what looks after them, only where labels need it.
    static func resources(withOwners: Bool) -> [Resource] {
        [.pods, .nodes, .services, .endpointSlices] + (withOwners ? [.replicaSets, .jobs] : [])
    }
    private static let publishingInterval = Duration.milliseconds(20)

    /// The table as it changes, and who is given snapshots of it.
    private final class Table: ObjectSink, Sendable {
        let transport = HTTPTransport(threadName: "weir-kube")
        private let identity: Mutex<LiveIdentity>
        private let isScheduled = Atomic(false)
        private let publish: @Sendable (IdentitySnapshot) -> Void
        private let known: @Sendable (Timestamp) -> Void
        private let retire: @Sendable (Set<EndpointNumber>) -> Void

        init(
            _ identity: consuming sending LiveIdentity, publish: @escaping @Sendable (IdentitySnapshot) -> Void,
            known: @escaping @Sendable (Timestamp) -> Void, retire: @escaping @Sendable (Set<EndpointNumber>) -> Void
        ) {
            self.identity = Mutex(identity)
            self.publish = publish
            self.known = known
            self.retire = retire
        }

        func take(_ changes: [ObjectChange], receivedAt now: Timestamp) {
            identity.withLock { identity in
                for change in changes { identity.take(change, at: now) }
            }
            guard !isScheduled.exchange(true, ordering: .relaxed) else { return }
            transport.after(ClusterIdentity.publishingInterval) { [weak self] in self?.publishChanges(at: WallClock.now) }
        }

        /// Forgets what has been gone for the grace period, and says until when the table that is published knows everything.
        func review(_ status: @escaping @Sendable () -> KubernetesStatus) {
            transport.perform { [weak self] in
                guard let self else { return }
                let now = WallClock.now
                identity.withLock { $0.expire(at: now) }
                publishChanges(at: now)
                // On the thread that words of the cluster come to: what was heard until now is in the table.
                known(status().known(.pods) ?? .distantFuture)
                if let gone = identity.withLock({ $0.takeGone(at: now) }) { retire(gone.numbers) }
            }
        }

        /// See `ClusterIdentity.histories(of:port:)`.
        func histories(of address: IPAddress, port place: TransportAddress?) -> AddressHistories {
            identity.withLock { $0.histories(of: address, port: place) }
        }

        /// The table as it is at this moment.
        func snapshot(at now: Timestamp) -> IdentitySnapshot { identity.withLock { $0.publish(at: now) } }

        private func publishChanges(at now: Timestamp) {
            isScheduled.store(false, ordering: .relaxed)
            if let snapshot = identity.withLock({ $0.hasChanges ? $0.publish(at: now) : nil }) { publish(snapshot) }
        }
    }

    /// Where the API server is, and whence the credentials come; neither holds a secret.
    let server: String
    let credentialsSource: String
    private let table: Table
    private let watch: KubernetesWatch
    private let syncTimeout: Int64
    private let startedAt = WallClock.monotonic

    /// Credentials for the cluster whose pods are to be named; nil where a file names them, or nobody does. Throws what is wrong with them.
    static func credentials(_ configuration: WeirConfiguration) throws(ConfigurationError) -> ClusterCredentials? {
        guard configuration.identity.file == nil else { return nil }
        return try ClusterCredentials.find(
            configuration.kubernetes, in: ClusterCredentials.Surroundings(environment: ProcessInfo.processInfo.environment))
    }

    /// Begins to list and watch.
    ///
    /// - Parameters:
    ///   - identity: the table that nothing has come into yet.
    ///   - withOwners: whether labels need what pods' owners belong to.
    ///   - publish: takes snapshots, on a thread of its own.
    ///   - known: takes until when snapshots know everything; `.distantFuture` while the pods are not being watched.
    ///   - retire: takes the endpoints whose pairs are to be taken out; afterwards their numbers may stand for others.
    init(
        _ identity: consuming sending LiveIdentity, withOwners: Bool, credentials: ClusterCredentials, configuration: KubernetesConfiguration,
        logger: Logger, publish: @escaping @Sendable (IdentitySnapshot) -> Void, known: @escaping @Sendable (Timestamp) -> Void,
        retire: @escaping @Sendable (Set<EndpointNumber>) -> Void
    ) {
        server = credentials.server
        credentialsSource = credentials.source
        table = Table(identity, publish: publish, known: known, retire: retire)
        syncTimeout = configuration.syncTimeout
        logger.info("watching the cluster", metadata: ["server": "\(credentials.server)", "credentials": "\(credentials.source)"])
        for warning in credentials.warnings { logger.warning("\(warning)") }
        watch = KubernetesWatch(
            configuration: configuration, credentials: credentials, transport: table.transport, resources: Self.resources(withOwners: withOwners),
            sink: table
        ) { report in
            switch report.severity {
            case .info: logger.info("\(report.message)")
            case .warning: logger.warning("\(report.message)")
            case .error: logger.error("\(report.message)")
            }
        }
        watch.start()
    }

    /// How well the cluster is known.
    var status: KubernetesStatus { watch.status }

    /// Whether flows that come now would be named by half a cluster, and it is worth while to wait for the rest.
    var isStillListing: Bool { WallClock.monotonic - startedAt < syncTimeout && !watch.status.isSynced }

    /// What is due each second: what has been gone for the grace period is forgotten.
    func review() { table.review { [watch] in watch.status } }

    /// Ends the watch and its thread.
    func stop() {
        watch.stop()
        table.transport.stop()
    }

    /// Ends the watch, and gives the table of all that it has told.
    func finish() -> IdentitySnapshot {
        stop()
        return table.snapshot(at: WallClock.now)
    }

    /// Who owned an address, and its port, when: from the claims themselves. It may wait for as long as a long list is taken in.
    func histories(of address: IPAddress, port place: TransportAddress?) -> AddressHistories { table.histories(of: address, port: place) }
}

extension LiveIdentity {
    /// Takes one change in.
    fileprivate mutating func take(_ change: ObjectChange, at now: Timestamp) {
        switch change {
        case .put(.pod(let pod)): put(pod, at: now)
        case .put(.node(let node)): put(node, at: now)
        case .put(.service(let service)): put(service, at: now)
        case .put(.endpointSlice(let slice)): put(slice, at: now)
        case .put(.replicaSet(let replicaSet)): put(replicaSet, at: now)
        case .put(.job(let job)): put(job, at: now)
        case .remove(.pods, let namespace, let name, let uid): removePod(ObjectName(namespace: namespace, name: name), uid: uid, at: now)
        case .remove(.nodes, _, let name, _): removeNode(name, at: now)
        case .remove(.services, let namespace, let name, _): removeService(ObjectName(namespace: namespace, name: name), at: now)
        case .remove(.endpointSlices, let namespace, let name, _): removeEndpointSlice(ObjectName(namespace: namespace, name: name), at: now)
        case .remove(.replicaSets, let namespace, let name, _):
            forgetOwner(ofKind: "ReplicaSet", ObjectName(namespace: namespace, name: name), at: now)
        case .remove(.jobs, let namespace, let name, _): forgetOwner(ofKind: "Job", ObjectName(namespace: namespace, name: name), at: now)
        case .replacing(.replicaSets, let namespace, let objects):
            replaceOwners(objects.map(\.metadata), ofKind: "ReplicaSet", in: namespace, at: now)
        case .replacing(.jobs, let namespace, let objects): replaceOwners(objects.map(\.metadata), ofKind: "Job", in: namespace, at: now)
        case .listing(.pods, let namespace, let objects, let isFirst):
            listPods(objects.compactMap { if case .pod(let pod) = $0 { pod } else { nil } }, in: namespace, isFirst: isFirst, at: now)
        case .replacing(.pods, let namespace, let objects):
            replacePods(objects.compactMap { if case .pod(let pod) = $0 { pod } else { nil } }, in: namespace, at: now)
        case .replacing(.nodes, _, let objects):
            replaceNodes(objects.compactMap { if case .node(let node) = $0 { node } else { nil } }, at: now)
        case .replacing(.services, let namespace, let objects):
            replaceServices(objects.compactMap { if case .service(let service) = $0 { service } else { nil } }, in: namespace, at: now)
        case .replacing(.endpointSlices, let namespace, let objects):
            replaceEndpointSlices(objects.compactMap { if case .endpointSlice(let slice) = $0 { slice } else { nil } }, in: namespace, at: now)
        case .put, .remove, .listing, .replacing: break
        }
    }
}
