import FlowModel
import FlowProtocols
import Simulator
import Testing

@Suite("A simulated exporter's datagrams")
struct DatagramTests {
    private static let start = Timestamp(seconds: 1_795_262_400)

    /// All that is sent within some minutes.
    private static func datagrams(seed: UInt64, seconds: Int64 = 120, scenario: Scenario = .quiet) -> (Simulation, [SimulatedDatagram]) {
        var simulation = Simulation(seed: seed, start: start, scenario: scenario)
        return (simulation, simulation.advance(to: start.advanced(by: seconds * 1_000_000_000)))
    }

    private struct Stream: Hashable {
        var node: Int
        var source: SimulatedDatagram.Source
    }

    private static func line(_ flow: Flow) -> String {
        let bytes = flow.bytes - min(flow.bytes, UInt64(flow.overhead) * flow.packets)
        return "\(flow.source):\(flow.sourcePort) \(flow.destination):\(flow.destinationPort) \(flow.protocolNumber) \(flow.packets)/\(bytes)"
    }

    @Test("They decode to what the exporter says it sent, in each of the four protocols")
    func decoded() throws {
        let (simulation, datagrams) = Self.datagrams(seed: 1)
        var decoders: [Stream: SessionDecoder] = [:]
        var counts: [ExportProtocol: Int] = [:]
        for datagram in datagrams {
            let stream = Stream(node: datagram.node, source: datagram.source)
            var decoder = decoders[stream] ?? SessionDecoder()
            var batch = FlowBatch()
            let summary = unsafe datagram.payload.withUnsafeBytes { unsafe decoder.decode($0, receivedAt: Self.start, into: &batch) }
            decoders[stream] = decoder
            #expect(summary.errors.isEmpty)
            #expect(batch.flows.map(Self.line) == datagram.flows.map(Self.line))
            for flow in batch.flows { counts[flow.exportProtocol, default: 0] += 1 }
            if batch.flows.isEmpty { continue }
            let rate = simulation.kinds[datagram.node].samplingRate
            if case .sflow = simulation.kinds[datagram.node] { #expect(batch.flows.allSatisfy { $0.samplingRate == rate }) }
        }
        #expect(ExportProtocol.allCases.allSatisfy { counts[$0, default: 0] > 100 })
    }

    @Test("A sampled exporter announces its rate, and tells about as much as the others do")
    func sampled() throws {
        let (simulation, datagrams) = Self.datagrams(seed: 2)
        let sampled = try #require(simulation.kinds.firstIndex(of: .sampledNetFlow9(100)))
        var decoder = SessionDecoder()
        var batch = FlowBatch()
        var facts: [ExporterFact] = []
        for datagram in datagrams where datagram.node == sampled && datagram.source == .flows {
            batch.removeAll()
            _ = unsafe datagram.payload.withUnsafeBytes { unsafe decoder.decode($0, receivedAt: Self.start, into: &batch) }
            facts += batch.facts
        }
        #expect(facts.contains(.samplingRate(domain: UInt32(sampled + 1), sampler: 1, rate: 100)))
        func bytes(_ node: Int) -> Double {
            let flows = datagrams.filter { $0.node == node }.flatMap(\.flows)
            return Double(flows.reduce(0) { $0 + $1.bytes } * UInt64(simulation.kinds[node].samplingRate))
        }
        #expect(bytes(sampled) > bytes(0) / 4 && bytes(sampled) < bytes(0) * 4)
    }

    @Test("A node's uplink is told of by counters that only grow, under its name")
    func counters() throws {
        let (_, datagrams) = Self.datagrams(seed: 1)
        var last = InterfaceCounters()
        for datagram in datagrams where datagram.node == 0 && datagram.source == .counters {
            var decoder = SessionDecoder()
            var batch = FlowBatch()
            _ = unsafe datagram.payload.withUnsafeBytes { unsafe decoder.decode($0, receivedAt: Self.start, into: &batch) }
            let counters = try #require(batch.interfaceCounters.first)
            #expect(counters.speed == 10_000_000_000 && counters.index == 2)
            #expect(batch.facts == [.interfaceName(domain: 0, index: 2, name: "eth0")])
            #expect(counters.input.octets >= last.input.octets && counters.output.octets >= last.output.octets)
            last = counters
        }
        #expect(last.output.octets > 0)
    }

    @Test("The same seed makes the same datagrams, another one others")
    func seeds() {
        let (first, again, other) = (Self.datagrams(seed: 7).1, Self.datagrams(seed: 7).1, Self.datagrams(seed: 8).1)
        #expect(first.map(\.payload) == again.map(\.payload))
        #expect(first.map(\.payload) != other.map(\.payload))
    }

    @Test("Whether time passes at once or second by second makes no difference")
    func steps() {
        var simulation = Simulation(seed: 3, start: Self.start, scenario: Scenario())
        var payloads: [[UInt8]] = []
        for second in Int64(0)...300 { payloads += simulation.advance(to: Self.start.advanced(by: second * 1_000_000_000)).map(\.payload) }
        #expect(payloads == Self.datagrams(seed: 3, seconds: 300, scenario: Scenario()).1.map(\.payload))
    }

    @Test("Both nodes of a flow report the same packets of it, where both look at all of them")
    func bothNodes() {
        let (simulation, datagrams) = Self.datagrams(seed: 1)
        var packets: [String: [Int: UInt64]] = [:]
        for datagram in datagrams where simulation.kinds[datagram.node].samplingRate == 1 {
            for flow in datagram.flows {
                packets["\(flow.source):\(flow.sourcePort) \(flow.destination):\(flow.destinationPort) \(flow.start.nanoseconds)", default: [:]][
                    datagram.node] = flow.packets
            }
        }
        let both = packets.values.filter { $0.count == 2 }
        #expect(both.count > 300)
        #expect(both.allSatisfy { Set($0.values).count == 1 })
    }
}
