import Exporters
import FlowModel
import Foundation
import HTTPServer
import Identity
import Metrics

/// `weir decode --output metrics`: the whole line over a capture, in its own time and with its own exporters' addresses.
enum CaptureMetrics {
    /// Prints what `/metrics` would say of the captures, with nothing withheld; whether anything could be decoded.
    static func run(_ options: DecodeOptions) throws -> Bool {
        var configuration = options.configuration
        configuration.ledger.birthDelay = 0
        try configuration.takeOwnNode(of: ProcessInfo.processInfo.environment)
        let registry = EndpointRegistry()
        let identity = try DecodeNames.snapshot(configuration, registry: registry)
        var run: Run?
        var isWhole = true
        for file in options.files {
            isWhole =
                CaptureDatagrams.forEach(in: file, ports: options.ports) { datagram in
                    if run == nil { run = Run(configuration, identity, registry, start: datagram.timestamp) }
                    let key = SessionKey(datagram)
                    unsafe datagram.payload.withUnsafeBytes { payload in unsafe run?.receive(payload, from: key, at: datagram.timestamp) }
                    return true
                } && isWhole
        }
        let finished = run ?? Run(configuration, identity, registry, start: .unknown)
        finished.finish()
        finished.print(configuration)
        let exporters = finished.exporters(configuration)
        StandardError.write(summary(exporters))
        return isWhole && exporters.contains { $0.protocols.contains { $0.records > 0 } }
    }

    private static func summary(_ exporters: [ExporterStatus]) -> String {
        let parts = exporters.flatMap(\.protocols)
        let errors = parts.flatMap { $0.decodeErrors }.reduce(into: [String: UInt64]()) { $0[$1.key, default: 0] += $1.value }
        let reasons = errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(parts.reduce(0) { $0 + $1.datagrams }) datagrams, \(parts.reduce(0) { $0 + $1.records }) flows; errors: "
            + (reasons.isEmpty ? "none" : reasons.joined(separator: ", ")) + "\n"
    }

    /// One pipeline under the capture's clock.
    private final class Run {
        private let pipeline: Pipeline
        private var now: Timestamp
        private var nextTick: Timestamp

        init(_ configuration: WeirConfiguration, _ identity: IdentitySnapshot, _ registry: EndpointRegistry, start: Timestamp) {
            pipeline = Pipeline(configuration: configuration, identity: identity, registry: registry, threads: 1, saved: [], start: start)
            now = start
            nextTick = start.advanced(by: 1_000_000_000)
        }

        func receive(_ payload: UnsafeRawBufferPointer, from key: SessionKey, at time: Timestamp) {
            now = max(now, time)
            if now >= nextTick {
                pipeline.tick(now: now, monotonic: now.nanoseconds)
                pipeline.review(now: now)
                nextTick = now.advanced(by: 1_000_000_000)
            }
            pipeline.totals.shards[0].state.withLock { shard in
                shard.refresh()
                unsafe shard.receive(payload, from: key, at: time)
            }
        }

        func finish() {
            pipeline.totals.drain(at: now)
            pipeline.nodeTraffic.close(pipeline.totals.shards, pipeline.shared, at: now)
            pipeline.totals.takeOver(now: now, monotonic: now.nanoseconds)
        }

        func exporters(_ configuration: WeirConfiguration) -> [ExporterStatus] {
            ExporterInventory.exporters(from: pipeline.totals.gather().sessions, configuration: configuration.exporters)
        }

        func print(_ configuration: WeirConfiguration) {
            let source = MetricsSource(
                totals: pipeline.totals, nodeTraffic: pipeline.nodeTraffic, registry: pipeline.registry, shared: pipeline.shared,
                configuration: { configuration }, collector: nil,
                cluster: nil, own: OwnMetrics(), monotonicEpoch: 0)
            var stream = MetricsStream(source, format: .text004, parts: Set(MetricsPart.allCases))
            var more = true
            while more {
                var buffer: [UInt8] = []
                more = stream.next(into: &buffer)
                StandardOutput.write(buffer)
            }
        }
    }
}
