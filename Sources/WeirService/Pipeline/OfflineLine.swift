import Detection
import Exporters
import FlowModel
import Identity
import Windows

/// A pipeline of one shard under a clock that is told, without sockets and threads: for captures, measurements and tests.
package final class OfflineLine: Sendable {
    let pipeline: Pipeline
    private let watch: RuleWatch?
    private let configuration: WeirConfiguration

    /// A line that has counted nothing; `start`: when it starts, in the time of its datagrams.
    ///
    /// - Parameter detection: what judges the traffic; nil: nothing does.
    package init(
        _ configuration: WeirConfiguration, identity: IdentitySnapshot, registry: EndpointRegistry, start: Timestamp, detection: Detection? = nil,
        seed: UInt64? = nil
    ) {
        self.configuration = configuration
        pipeline = Pipeline(
            configuration: configuration, identity: identity, registry: registry, threads: 1, saved: [], start: start,
            watching: detection.map { _ in
                // What flowed before the first datagram came is judged, too.
                (Windows.Limits(configuration.detection), start.advanced(by: -configuration.detection.horizon))
            }, seed: seed ?? .random(in: .min ... .max))
        watch = detection.flatMap { [pipeline] detection in RuleWatch(pipeline, detection, start: start) }
    }

    /// What shards know together: the table of who is at the ends, and until when it knows everything.
    package var shared: SharedFacts { pipeline.shared }

    /// Takes a datagram.
    package func receive(_ payload: [UInt8], from key: SessionKey, at now: Timestamp) {
        pipeline.totals.shards[0].state.withLock { shard in
            shard.refresh()
            unsafe payload.withUnsafeBytes { unsafe shard.receive($0, from: key, at: now) }
        }
    }

    /// What is due each second.
    package func tick(at now: Timestamp) {
        pipeline.tick(now: now, monotonic: now.nanoseconds)
        pipeline.review(now: now)
    }

    /// Judges the ticks that can be judged now; `body` is given what rules found in each, and what evidence there is for it.
    ///
    /// - Parameter isLast: whether nothing more will come.
    package func judge(at now: Timestamp, isLast: Bool = false, _ body: (_ reports: [RuleReport], _ evidence: (Finding) -> Evidence) -> Void) {
        guard let watch else { return }
        watch.evaluate(configuration.exporters, now: now, isLast: isLast) { reports, tick in
            body(reports) { watch.evidence(for: $0, in: tick, configuration.exporters) }
        }
    }

    /// What the rules could go by.
    package var availability: [(rule: String, signal: String, isAvailable: Bool, reason: String?)] {
        watch?.withDetection { $0.availability } ?? []
    }

    /// What the rules that learn have learned.
    package var baseline: Baseline {
        watch?.withDetection { $0.baseline } ?? Baseline(edges: [])
    }

    /// The exporters as they stand.
    var exporters: [ExporterStatus] {
        ExporterInventory.exporters(from: pipeline.totals.gather().sessions, configuration: configuration.exporters)
    }

    /// Counts all that still waits, as it is.
    package func drain(at now: Timestamp) {
        pipeline.totals.drain(at: now)
        pipeline.nodeTraffic.close(pipeline.totals.shards, pipeline.shared, at: now)
        pipeline.takeOver(now: now, monotonic: now.nanoseconds)
    }

    /// What `/metrics` would be made of.
    private var metricsSource: MetricsSource {
        MetricsSource(
            totals: pipeline.totals, nodeTraffic: pipeline.nodeTraffic, registry: pipeline.registry, shared: pipeline.shared,
            configuration: { [configuration] in configuration }, collector: nil, cluster: nil, own: OwnMetrics(), monotonicEpoch: 0)
    }

    /// What `/metrics` would say, piece by piece.
    package func expose(_ write: ([UInt8]) -> Void) {
        var stream = MetricsStream(metricsSource, format: .text004, parts: Set(MetricsPart.allCases))
        var more = true
        while more {
            var buffer: [UInt8] = []
            more = stream.next(into: &buffer)
            write(buffer)
        }
    }
}
