import Collector
import Exporters
import FlowModel
import HTTPServer
import Identity
import Metrics

/// What `/metrics` is made of.
struct MetricsSource: Sendable {
    let totals: Totals
    let nodeTraffic: NodeTraffic
    let registry: EndpointRegistry
    let shared: SharedFacts
    let configuration: @Sendable () -> WeirConfiguration
    /// Nil where a capture is read.
    let collector: Collector?
    /// Nil where no cluster is watched.
    let cluster: ClusterIdentity?
    let own: OwnMetrics
    /// Nil where nothing is judged.
    var watch: WatchService?
    /// Wall time less monotonic time, nanoseconds: turns the ledger's times into dates.
    let monotonicEpoch: Int64
}

/// What the service counts of itself as it happens: build, process and reloads.
struct OwnMetrics: Sendable {
    private let registry = Registry()
    private let reloads: Family<Counter>
    /// What the web servers turned away.
    let refusals = HTTPRefusals()

    init() {
        reloads = registry.family(Counter.self, "weir_configuration_reloads_total", help: "Reloads of the configuration.", labels: ["result"])
        for result in ["success", "failure"] { _ = reloads[result] }
        registry.collect { writer in
            writer.family("weir_build_info", type: .gauge, help: "1, with what this build is as labels.")
            writer.sample(["version": BuildInfo.current.version, "swift_version": BuildInfo.current.swiftVersion], value: 1)
        }
        registry.collect { [refusals] in refusals.write(to: &$0) }
        registry.collectProcess()
    }

    func noteReload(isDone: Bool) {
        reloads[isDone ? "success" : "failure"].add()
    }

    func write(to writer: inout ExpositionWriter) {
        registry.write(to: &writer)
    }
}

/// The parts of `/metrics` that `collect[]` chooses from.
enum MetricsPart: String, Sendable, CaseIterable {
    case flows
    case interfaces
    case `self`
}
