import Exporters
import FlowModel
import Identity
import Windows

/// What exporters, interfaces and nodes did since the last tick: differences of what is counted of them.
struct FabricTicks: Sendable {
    /// Of an exporter's units so many of a hundred missing make its amounts worthless for a tick.
    private static let muchLost: UInt64 = 5

    private struct Counts: Sendable {
        var lost: UInt64 = 0
        var received: UInt64 = 0
        var missingTemplates: UInt64 = 0
        var unknownSampling: UInt64 = 0

        init(_ exporter: ExporterStatus) {
            for part in exporter.protocols {
                lost &+= part.lost.values.reduce(0, &+)
                received &+= part.lost.keys.contains("records") ? part.records : part.datagrams
                missingTemplates &+= part.decodeErrors["missing_template"] ?? 0
            }
            unknownSampling = exporter.unknownSamplingRecords
        }

        /// What was added since; all of it where something was forgotten in between.
        func since(_ before: Counts?) -> Counts {
            guard let before else { return self }
            func difference(_ path: KeyPath<Counts, UInt64>) -> UInt64 {
                self[keyPath: path] >= before[keyPath: path] ? self[keyPath: path] - before[keyPath: path] : self[keyPath: path]
            }
            var since = self
            since.lost = difference(\.lost)
            since.received = difference(\.received)
            since.missingTemplates = difference(\.missingTemplates)
            since.unknownSampling = difference(\.unknownSampling)
            return since
        }
    }

    /// An exporter that was heard in an earlier run only is silent since this one began; one that was silent for a day then is none any more.
    private static let memory: Int64 = 86_400

    private var exporters: [String: Counts] = [:]
    /// Exporters that were on a node once.
    private var onNodes: Set<String> = []
    private let start: Timestamp

    /// - Parameter start: when this run began.
    init(start: Timestamp) {
        self.start = start
    }

    private var interfaces: [InterfaceKey: InterfaceTotals.Row] = [:]
    private var nodePairs: [String: (sent: UInt64, received: UInt64)] = [:]
    private var hasBegun = false

    private struct InterfaceKey: Hashable {
        var exporter: IPAddress
        var domain: UInt32
        var index: UInt32
    }

    /// Puts what came since the last call into a tick; the exporters of which much was lost.
    mutating func fill(_ tick: inout ClosedTick, _ pipeline: Pipeline, _ configuration: ExportersConfiguration, now: Timestamp) -> [IPAddress] {
        let identity = pipeline.shared.current().view.identity
        let sessions = pipeline.totals.gather().sessions
        let lossy = fillExporters(&tick, sessions, configuration, identity, pipeline.shared.exporterNumbers, now: now)
        fillUnheard(&tick, pipeline, configuration, identity, now: now)
        fillInterfaces(&tick, pipeline, configuration, identity)
        fillNodePairs(&tick, pipeline)
        hasBegun = true
        return lossy
    }

    private mutating func fillExporters(
        _ tick: inout ClosedTick, _ sessions: [SessionStatus], _ configuration: ExportersConfiguration, _ identity: IdentitySnapshot,
        _ numbers: ExporterNumbers, now: Timestamp
    ) -> [IPAddress] {
        var lossy: [IPAddress] = []
        var counted: [String: Counts] = [:]
        for status in ExporterInventory.exporters(from: sessions, configuration: configuration)
        where status.protocols.contains(where: { $0.records > 0 }) {
            let counts = Counts(status)
            let address = IPAddress(status.address)
            counted[status.address] = counts
            // What was counted before rules were there is not of this tick.
            let since = hasBegun ? counts.since(exporters[status.address]) : counts.since(counts)
            if since.lost > 0, since.lost * 100 >= Self.muchLost * (since.lost + since.received), let address {
                lossy.append(address)
            }
            let node = status.node ?? address.flatMap { identity.nodeName(of: $0) }
            if node != nil { onNodes.insert(status.address) }
            var exporter = ClosedTick.Exporter(
                name: status.name, address: status.address, node: node ?? "", protocols: status.protocols.map(\.name),
                silence: max(0, now.nanoseconds - Int64(status.lastSeen * 1e9)), lost: since.lost, received: since.received,
                missingTemplates: since.missingTemplates, unknownSampling: since.unknownSampling,
                clockOffset: status.protocols.compactMap(\.clockOffsetSeconds).max { abs($0) < abs($1) },
                isSampled: status.protocols.contains { $0.samplingRate > 1 }, activeTimeout: status.protocols.compactMap(\.activeTimeoutSeconds).max()
            )
            if let address, let node { tick.nodes[numbers.number(of: address)] = node }
            exporter.isExpected = node != nil || !onNodes.contains(status.address)
            tick.exporters.append(exporter)
        }
        exporters = counted
        onNodes.formIntersection(counted.keys)
        return lossy
    }

    private func fillUnheard(
        _ tick: inout ClosedTick, _ pipeline: Pipeline, _ configuration: ExportersConfiguration, _ identity: IdentitySnapshot, now: Timestamp
    ) {
        let configured = Dictionary(configuration.exporters.map { ($0.address, $0) }) { first, _ in first }
        for (address, lastHeard) in pipeline.totals.unheardExporters() where start.nanoseconds / 1_000_000_000 - lastHeard < Self.memory {
            let node = configured[address]?.node ?? identity.nodeName(of: address)
            // Where nodes are known, one that is on none of them may have left with its node.
            guard configured[address] != nil || node != nil || !identity.knowsCluster else { continue }
            tick.exporters.append(
                ClosedTick.Exporter(
                    name: configured[address]?.name ?? address.description, address: address.description, node: node ?? "", protocols: [],
                    silence: max(0, now.since(start)), lost: 0, received: 0, missingTemplates: 0, unknownSampling: 0, clockOffset: nil,
                    isSampled: false,
                    activeTimeout: nil))
        }
    }

    private mutating func fillInterfaces(
        _ tick: inout ClosedTick, _ pipeline: Pipeline, _ configuration: ExportersConfiguration, _ identity: IdentitySnapshot
    ) {
        let configured = Dictionary(configuration.exporters.map { ($0.address, $0) }) { first, _ in first }
        var kept: [InterfaceKey: InterfaceTotals.Row] = [:]
        for (label, row) in pipeline.totals.interfaceRows() {
            let key = InterfaceKey(exporter: row.exporter, domain: row.domain, index: row.index)
            kept[key] = row
            if row.speed > 0 { tick.signals.insert(.interfaceSpeeds) }
            tick.signals.insert(.interfaceDiscards)
            guard let before = interfaces[key], row.lastSeen > before.lastSeen else { continue }
            let exporter = configured[row.exporter]
            let node = exporter?.node ?? identity.nodeName(of: row.exporter) ?? ""
            for (direction, path) in [("in", \InterfaceTotals.Row.input), ("out", \InterfaceTotals.Row.output)] {
                let (now, then) = (row[keyPath: path], before[keyPath: path])
                // Octets that go back: the interface has begun anew.
                guard now.octets >= then.octets else { continue }
                func since(_ path: KeyPath<InterfaceTotals.Direction, UInt64>) -> UInt64 {
                    now[keyPath: path] >= then[keyPath: path] ? now[keyPath: path] - then[keyPath: path] : 0
                }
                tick.interfaces.append(
                    ClosedTick.Interface(
                        exporter: exporter?.name ?? row.exporter.description, node: node, interface: label, direction: direction,
                        octets: since(\.octets),
                        packets: since(\.packets), discards: since(\.discards), errors: since(\.errors),
                        duration: row.lastSeen.since(before.lastSeen),
                        speed: row.speed))
            }
        }
        interfaces = kept
    }

    private mutating func fillNodePairs(_ tick: inout ClosedTick, _ pipeline: Pipeline) {
        var kept: [String: (sent: UInt64, received: UInt64)] = [:]
        defer { nodePairs = kept }
        for total in pipeline.nodeTraffic.totals.pairs {
            tick.signals.insert(.nodeLoss)
            let key = "\(total.source) \(total.destination)"
            let before = nodePairs[key] ?? (0, 0)
            kept[key] = (total.sent, total.received)
            guard total.sent > before.sent || total.received > before.received else { continue }
            tick.nodePairs.append(
                ClosedTick.NodePair(
                    source: total.source, destination: total.destination, sent: total.sent &- min(before.sent, total.sent),
                    received: total.received &- min(before.received, total.received)))
        }
    }
}
