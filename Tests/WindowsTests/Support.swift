import FlowModel
import Identity
import Windows

/// A minute, in nanoseconds.
let minute: Int64 = 60_000_000_000

/// The moment from which the tests count.
let noon = Timestamp(seconds: 1_763_683_200)

extension Flow {
    /// A TCP flow from 10.0.0.1 to 10.0.0.2 that ended `end` nanoseconds after noon; flows of different `number` differ in their ports.
    static func of(_ number: Int = 0, bytes: UInt64, packets: UInt64 = 1, end: Int64 = 0) -> Flow {
        var flow = Flow()
        flow.source = IPAddress(v4: 0x0A00_0001)
        flow.destination = IPAddress(v4: 0x0A00_0002)
        flow.sourcePort = UInt16(truncatingIfNeeded: number)
        flow.destinationPort = UInt16(truncatingIfNeeded: number >> 16)
        flow.protocolNumber = 6
        flow.bytes = bytes
        flow.packets = packets
        flow.end = noon.advanced(by: end)
        flow.start = flow.end.advanced(by: -1_000_000_000)
        return flow
    }
}

/// The heaviest flows with their registry, fed by flows.
struct TestWindow {
    let registry = EndpointRegistry()
    var heaviest = HeaviestFlows()
    private let source: EndpointNumber
    private let destination: EndpointNumber

    init() {
        source = registry.hold(EndpointLabels(namespace: "shop", pod: "cart"))
        destination = registry.hold(EndpointLabels(namespace: "data", pod: "store"))
    }

    /// Merges one shard's flows, `now` nanoseconds after noon.
    mutating func merge(_ flows: [Flow], now: Int64 = 0) {
        var buffer = HeaviestFlowsBuffer()
        for flow in flows { buffer.offer(flow, source: source, destination: destination, exporter: IPAddress(v4: 0x0A00_00FE)) }
        heaviest.merge(buffer, registry: registry, now: noon.advanced(by: now))
    }

    /// The flows that ended between two moments, counted from noon.
    func flows(
        from: Int64 = -2 * 60 * minute, to: Int64 = 2 * 60 * minute, limit: Int = .max, matching: (HeaviestFlows.NamedFlow) -> Bool = { _ in true }
    ) -> [HeaviestFlows.NamedFlow] {
        heaviest.flows(from: noon.advanced(by: from), to: noon.advanced(by: to), limit: limit, matching: matching)
    }
}
