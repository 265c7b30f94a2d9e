import FlowModel
import Foundation
import Identity
import Windows

/// The line from datagram to totals over the pods of a bench cluster, with one shard and one exporter.
struct BenchLine: Sendable {
    let pipeline: Pipeline
    let registry: EndpointRegistry
    private let configuration: WeirConfiguration
    private let key = SessionKey(address: IPAddress(v4: 0x7F00_0001), sourcePort: 40_000, localPort: 4739)

    /// When its time begins; the line itself has been up for an hour, so that nothing waits for nodes to show themselves.
    static let start = Timestamp(seconds: 1_800_000_000)

    /// - Parameter isWatched: whether what rules judge is kept, too.
    init(_ cluster: BenchCluster, configuration: WeirConfiguration = WeirConfiguration(), isWatched: Bool = false) throws {
        self.configuration = configuration
        registry = EndpointRegistry()
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-bench-\(getpid()).json").path
        guard FileManager.default.createFile(atPath: path, contents: Data(cluster.identityFile().utf8)) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        var identity = IdentityConfiguration()
        identity.file = path
        let (snapshot, _) = try IdentityLoader.load(identity, registry: registry)
        pipeline = Pipeline(
            configuration: configuration, identity: snapshot, registry: registry, threads: 1, saved: [],
            start: Self.start.advanced(by: -3_600_000_000_000), watching: isWatched ? (Windows.Limits(configuration.detection), nil) : nil, seed: 1)
    }

    /// Has the shard receive a datagram.
    func receive(_ payload: UnsafeRawBufferPointer, at now: Timestamp) {
        pipeline.totals.shards[0].state.withLock { unsafe $0.receive(payload, from: key, at: now) }
    }

    /// Has the shard take up what changed for all shards, as before each receive batch.
    func refresh() {
        pipeline.totals.shards[0].state.withLock { $0.refresh() }
    }

    /// What its owner does each second.
    func tick(at now: Timestamp) {
        pipeline.tick(now: now, monotonic: now.nanoseconds)
    }

    /// What `/metrics` would be made of.
    var metricsSource: MetricsSource {
        MetricsSource(
            totals: pipeline.totals, nodeTraffic: pipeline.nodeTraffic, registry: registry, shared: pipeline.shared,
            configuration: { [configuration] in configuration }, collector: nil,
            cluster: nil, own: OwnMetrics(), monotonicEpoch: 0)
    }
}
