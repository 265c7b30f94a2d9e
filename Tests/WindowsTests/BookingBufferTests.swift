import FlowModel
import Identity
import Support
import Testing
import Windows

/// The same flows summed up in a buffer that is kept and emptied each second, as the service has it, and each booked by itself, beside each other.
private struct BothWays {
    let registry = EndpointRegistry()
    let identity: IdentitySnapshot
    var summed: Windows
    var single: Windows
    var buffer = BookingBuffer(seed: 7)
    let pods: [EndpointNumber]
    /// A sum is noted in the minute in which its last flow ended.
    var comparesReach = true

    static let start = Timestamp(seconds: 1_800_000_000)

    init() {
        let registry = registry
        identity = IdentityBuilder.snapshot(of: nil, IdentityConfiguration(), registry: registry)
        pods = (0..<6).map { registry.hold(EndpointLabels(namespace: "shop", pod: "pod-\($0)")) }
        summed = Windows(seed: 1, start: Self.start)
        single = Windows(seed: 1, start: Self.start)
    }

    mutating func add(_ flows: [Flow], _ ends: [PairOfEnds], exporter: UInt16, now: Timestamp) {
        buffer.add(flows, ends, exporter: ExporterNumber(rawValue: exporter), isSampled: false, now: now)
        for (flow, end) in zip(flows, ends) {
            var own = BookingBuffer(seed: 7)
            // So late that no sum reaches back to it.
            let late = now.advanced(by: 600_000_000_000)
            own.add([flow], [end], exporter: ExporterNumber(rawValue: exporter), isSampled: false, now: late)
            single.book(&own, registry, identity, now: now)
        }
    }

    mutating func takeOver(now: Timestamp) {
        summed.book(&buffer, registry, identity, now: now)
        buffer.removeAll()
    }

    /// Closes what can be closed: the same ticks with the same amounts, edges and reach.
    mutating func close(now: Timestamp, isLast: Bool = false) -> Int {
        let (ours, theirs) = (
            summed.close(registry, identity, now: now, isLast: isLast), single.close(registry, identity, now: now, isLast: isLast)
        )
        #expect(ours.map(\.number) == theirs.map(\.number))
        for (ours, theirs) in zip(ours, theirs) {
            func amounts(_ tick: ClosedTick) -> [String: Amounts] {
                Dictionary(
                    uniqueKeysWithValues: tick.series.map {
                        ("\(tick.workloads[Int($0.pair.source.rawValue)]) \(tick.workloads[Int($0.pair.destination.rawValue)])", $0.amounts)
                    })
            }
            #expect(amounts(ours) == amounts(theirs))
            #expect(ours.signals == theirs.signals)
            func edges(_ tick: ClosedTick) -> Set<String> {
                Set(
                    tick.edges.map { edge in
                        let (source, destination) = (
                            tick.workloads[Int(edge.edge.pair.source.rawValue)], tick.workloads[Int(edge.edge.pair.destination.rawValue)]
                        )
                        return "\(source) \(destination) \(edge.edge.protocolNumber) \(edge.edge.port) \(edge.bytes) \(edge.packets)"
                    })
            }
            #expect(edges(ours) == edges(theirs))
            func reach(_ tick: ClosedTick) -> Set<String> {
                Set(tick.fanOuts.map { "\($0.source) \($0.destinations) \($0.ports) \($0.connections) \($0.failures)" })
            }
            if comparesReach { #expect(reach(ours) == reach(theirs)) }
        }
        return ours.count
    }
}

@Suite("What receive threads keep for the rules")
struct BookingBufferTests {
    @Test("Flows of a kind that are summed up say the same as each by itself", arguments: [1, 2, 3])
    func sums(seed: UInt64) {
        var both = BothWays()
        both.comparesReach = false
        var random = SeededGenerator(seed: seed)
        func below(_ limit: UInt64) -> UInt64 { random.next() % limit }
        var ticks = 0
        for second in 1...400 {
            let now = BothWays.start.advanced(by: Int64(second) * 1_000_000_000)
            var flows: [Flow] = []
            var ends: [PairOfEnds] = []
            for _ in 0..<below(30) {
                let (source, destination) = (Int(below(6)), Int(below(6)))
                var flow = Flow()
                (flow.source, flow.destination) = (IPAddress(v4: 0x0A00_0000 + UInt32(source)), IPAddress(v4: 0x0A00_0000 + UInt32(destination)))
                let isReply = below(3) == 0
                let (client, server) = (UInt16(32_768 + below(20_000)), [UInt16(53), 443, 8080][Int(below(3))])
                (flow.sourcePort, flow.destinationPort) = isReply ? (server, client) : (client, server)
                flow.protocolNumber = [1, 6, 6, 17][Int(below(4))]
                flow.tcpFlags = TCPFlags(rawValue: (isReply ? [0x1B, 0x12, 0x14, 0x18] : [0x1B, 0x02, 0x06, 0x18])[Int(below(4))])
                flow.typeOfService = [0, 0, 2, 3][Int(below(4))]
                flow.traits = below(2) == 0 ? .hasTCPFlags : []
                flow.samplingRate = 1
                // Now and then more than a sum holds, or more packets than bytes.
                flow.bytes = below(40) == 0 ? 3_000_000_000 + below(3_000_000_000) : below(100_000)
                flow.packets = below(20) == 0 ? flow.bytes + 1 : flow.bytes / 500 + 1
                // Now and then older than sums reach, or ahead.
                flow.end = now.advanced(by: below(30) == 0 ? 20_000_000_000 : -Int64(below(20_000)) * 1_000_000)
                flow.start = flow.end.advanced(by: below(3) == 0 ? 0 : -Int64(below(below(10) == 0 ? 200_000 : 60_000)) * 1_000_000)
                if below(25) == 0 { (flow.dropReason, flow.droppedPackets) = (.unspecified, below(9)) }
                flows.append(flow)
                ends.append(below(40) == 0 ? .none : PairOfEnds(source: both.pods[source], destination: both.pods[destination]))
            }
            both.add(flows, ends, exporter: UInt16(1 + below(2)), now: now)
            both.takeOver(now: now)
        }
        ticks += both.close(now: BothWays.start.advanced(by: 430_000_000_000), isLast: true)
        #expect(ticks > 20)
    }

    @Test("A conversation that goes on is found again; after its pod is gone its number stands for another one")
    func forgets() throws {
        var both = BothWays()
        let (a, b) = (both.pods[0], both.pods[1])
        func flow(_ second: Int) -> Flow {
            var flow = Flow()
            (flow.source, flow.destination) = (IPAddress(v4: 0x0A00_0001), IPAddress(v4: 0x0A00_0002))
            (flow.sourcePort, flow.destinationPort, flow.protocolNumber) = (40_000, 443, 6)
            (flow.bytes, flow.packets, flow.samplingRate) = (1000, 1, 1)
            flow.end = BothWays.start.advanced(by: Int64(second) * 1_000_000_000)
            flow.start = flow.end
            return flow
        }
        for second in 1...300 {
            let now = BothWays.start.advanced(by: Int64(second) * 1_000_000_000)
            both.add([flow(second)], [PairOfEnds(source: a, destination: b)], exporter: 1, now: now)
            both.takeOver(now: now)
            if second == 150 {
                both.summed.forget([a])
                both.single.forget([a])
            }
        }
        #expect(both.close(now: BothWays.start.advanced(by: 300_000_000_000), isLast: true) > 15)
    }

    @Test("What there is no room for is counted, and there is room again when it was emptied")
    func bounds() {
        var both = BothWays()
        var flow = Flow()
        (flow.bytes, flow.packets, flow.protocolNumber, flow.samplingRate) = (100, 1, 17, 1)
        (flow.end, flow.start) = (BothWays.start, BothWays.start)
        let count = BookingBuffer.capacity + BookingBuffer.singles + 1000
        for number in 0..<count {
            flow.destination = IPAddress(v4: 0x0B00_0000 + UInt32(number))
            // A sum counts no more than 65,535 records of a pair.
            let end = PairOfEnds(source: both.pods[number % 6], destination: both.pods[1])
            both.buffer.add([flow], [end], exporter: ExporterNumber(rawValue: 1), isSampled: false, now: BothWays.start)
        }
        #expect(both.buffer.hasPlenty)
        both.takeOver(now: BothWays.start)
        #expect(both.summed.tallies.refusedFlows == 1000)
        #expect(!both.buffer.hasPlenty)
    }
}
