import FlowModel
import FlowProtocols
import Support

/// A session of an exporter that does as the standards say: from one address and port, by one protocol, at a sampling rate it tells.
struct ExportSession: Sendable {
    let origin: Origin
    let exportProtocol: ExportProtocol
    /// Packets observed for each packet sampled.
    private(set) var rate: UInt32
    private var encoder: FlowEncoder?
    private var sFlow: SFlowEncoder
    private let start: Timestamp

    /// A session that begins at `now`.
    ///
    /// - Parameters:
    ///   - domain: observation domain, source id; not 0, which in IPFIX speaks for all.
    ///   - sampler: what records refer to (IE 48, 302); nil: to none. Means nothing to v5 and sFlow.
    ///   - uptime: how long its system has been up, seconds.
    init(
        _ exportProtocol: ExportProtocol, from origin: Origin, domain: UInt32 = 1, sampler: UInt32? = nil, rate: UInt32, uptime: Int64 = 60,
        at now: Timestamp
    ) {
        self.origin = origin
        self.exportProtocol = exportProtocol
        self.rate = rate
        start = now.advanced(by: -uptime * 1_000_000_000)
        sFlow = SFlowEncoder(agent: IPAddress(v4: origin.address))
        guard exportProtocol != .sflow5 else { return }
        encoder = FlowEncoder(
            exportProtocol, domain: domain, systemStart: start, sampler: sampler,
            headerInterval: exportProtocol == .netflow5 ? UInt16(clamping: rate) : 0)
    }

    /// The templates; nothing by a protocol that has none.
    mutating func templates(at now: Timestamp) -> [[UInt8]] {
        encoder?.templates(at: now).map { [$0] } ?? []
    }

    /// The sampling rate in options data; nothing by a protocol that tells it otherwise.
    mutating func announcement(at now: Timestamp) -> [[UInt8]] {
        encoder?.samplingRate(rate, at: now).map { [$0] } ?? []
    }

    /// Another sampling rate from now on; to be announced. Version 5 keeps the one it began with.
    mutating func change(rate: UInt32) {
        if exportProtocol != .netflow5 { self.rate = rate }
    }

    /// Flows, which for sFlow are of one packet each.
    mutating func data(_ flows: [Flow], at now: Timestamp) -> [[UInt8]] {
        if let datagrams = encoder?.datagrams(flows, at: now) { return datagrams }
        let sampled = flows.map { flow in
            var flow = flow
            flow.samplingRate = rate
            return flow
        }
        return [sFlow.datagram(sampled, uptime: UInt32(truncatingIfNeeded: now.since(start) / 1_000_000))]
    }
}

extension Flow {
    /// A flow between two pods of `shop`, of some packets; of one, where a protocol reports packets.
    static func between(_ source: Int, _ destination: Int, by exportProtocol: ExportProtocol, at now: Timestamp, using random: inout SeededGenerator)
        -> Flow
    {
        var flow = Flow()
        flow.source = ClusterPods.address(0, source)
        flow.destination = ClusterPods.address(0, destination)
        flow.packets = exportProtocol == .sflow5 ? 1 : UInt64(random.below(1000) + 1)
        flow.bytes = flow.packets * UInt64(random.below(1400) + 64)
        flow.start = now.advanced(by: -1_000_000_000)
        flow.end = now
        flow.sourcePort = UInt16(40000 + random.below(16))
        flow.destinationPort = 443
        flow.protocolNumber = 6
        flow.inputInterface = UInt32(random.below(8) + 1)
        flow.outputInterface = UInt32(random.below(8) + 11)
        return flow
    }
}
