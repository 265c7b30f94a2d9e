import Exporters
import FlowModel
import Foundation
import PacketCapture
import Identity

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
                    run?.receive(datagram)
                    return true
                } && isWhole
        }
        let finished = run ?? Run(configuration, identity, registry, start: .unknown)
        finished.line.drain(at: finished.now)
        finished.line.expose(StandardOutput.write)
        let exporters = finished.line.exporters
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

    /// A line that goes by the capture's clock.
    private struct Run {
        let line: OfflineLine
        private(set) var now: Timestamp
        private var nextTick: Timestamp

        init(_ configuration: WeirConfiguration, _ identity: IdentitySnapshot, _ registry: EndpointRegistry, start: Timestamp) {
            line = OfflineLine(configuration, identity: identity, registry: registry, start: start)
            now = start
            nextTick = start.advanced(by: 1_000_000_000)
        }

        mutating func receive(_ datagram: ExportDatagram) {
            now = max(now, datagram.timestamp)
            if now >= nextTick {
                line.tick(at: now)
                nextTick = now.advanced(by: 1_000_000_000)
            }
            line.receive(datagram.payload, from: SessionKey(datagram), at: datagram.timestamp)
        }
    }
}
