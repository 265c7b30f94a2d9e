import FlowModel
import Identity
import Testing
import Windows

@Suite struct HeaviestFlowsTests {
    @Test("A flow keeps its addresses, its amounts and the names of its ends")
    func fields() throws {
        var test = TestWindow()
        var flow = Flow.of(bytes: 100, packets: 3)
        (flow.sourcePort, flow.destinationPort, flow.typeOfService, flow.tcpFlags, flow.exportProtocol) = (40_000, 443, 0x20, .syn, .ipfix)
        test.merge([flow])
        let kept = try #require(test.flows().first)
        #expect(kept.source == EndpointLabels(namespace: "shop", pod: "cart"))
        #expect(kept.destination == EndpointLabels(namespace: "data", pod: "store"))
        #expect((kept.flow.source, kept.flow.destination) == (flow.source, flow.destination))
        #expect((kept.flow.sourcePort, kept.flow.destinationPort, kept.flow.protocolNumber, kept.flow.typeOfService) == (40_000, 443, 6, 0x20))
        #expect((kept.flow.bytes, kept.flow.packets, kept.flow.tcpFlags) == (100, 3, .syn))
        #expect((kept.flow.start, kept.flow.end, kept.flow.exportProtocol) == (flow.start, flow.end, .ipfix))
        #expect(kept.flow.exporter == IPAddress(v4: 0x0A00_00FE))
    }

    @Test("The names are those of the time at which it was counted")
    func names() {
        var test = TestWindow()
        let pod = test.registry.hold(EndpointLabels(namespace: "old", pod: "pod"))
        var buffer = HeaviestFlowsBuffer()
        buffer.offer(.of(bytes: 1), source: pod, destination: pod, exporter: .unspecified)
        test.heaviest.merge(buffer, registry: test.registry, now: noon)
        test.registry.release(pod)
        #expect(test.registry.hold(EndpointLabels(namespace: "new", pod: "pod")) == pod)
        #expect(test.flows().map(\.source.namespace) == ["old"])
    }

    @Test("A thousand flows are kept of each minute: the heaviest")
    func top() {
        var test = TestWindow()
        // Lightest, heaviest and the rest in no order, in several merges.
        for part in 0..<10 { test.merge((0..<500).map { .of(part * 500 + $0, bytes: UInt64((part * 500 + $0) * 7919 % 5000 + 1)) }) }
        for part in 0..<3 { test.merge((0..<500).map { .of(part * 500 + $0, bytes: UInt64($0 + 1), end: minute) }, now: minute) }
        let first = test.flows(to: minute - 1)
        #expect(first.map(\.flow.bytes) == (4001...5000).reversed())
        #expect(test.flows(from: minute).count == 1000)
        #expect(test.flows().count == 2000)
    }

    @Test("Reports of the same flow in one minute add up")
    func sameFlow() throws {
        var test = TestWindow()
        var second = Flow.of(1, bytes: 50, packets: 2, end: 5_000_000_000)
        second.tcpFlags = .fin
        var reverse = Flow.of(1, bytes: 9)
        swap(&reverse.source, &reverse.destination)
        var udp = Flow.of(1, bytes: 8)
        udp.protocolNumber = 17
        test.merge([.of(1, bytes: 100), .of(2, bytes: 10), reverse, udp])
        test.merge([second], now: 5_000_000_000)
        #expect(test.flows().map(\.flow.bytes) == [150, 10, 9, 8])
        let kept = try #require(test.flows().first).flow
        #expect((kept.packets, kept.tcpFlags) == (3, .fin))
        #expect((kept.start, kept.end) == (noon.advanced(by: -1_000_000_000), noon.advanced(by: 5_000_000_000)))
        // In another minute it stands for itself.
        test.merge([.of(1, bytes: 1, end: minute)], now: minute)
        #expect(test.flows().map(\.flow.bytes) == [150, 10, 9, 8, 1])
    }

    @Test("A report without a start doesn't take away what is known of it")
    func unknownStart() {
        var test = TestWindow()
        var unknown = Flow.of(1, bytes: 1)
        unknown.start = .unknown
        test.merge([.of(1, bytes: 1), unknown])
        test.merge([unknown.with { $0.sourcePort = 2 }, .of(2, bytes: 2)])
        #expect(Set(test.flows().map(\.flow.start)) == [noon.advanced(by: -1_000_000_000)])
    }

    @Test("What ended outside of the hour is left out, and leaves in time")
    func hour() {
        var test = TestWindow()
        var unknown = Flow.of(9, bytes: 9)
        unknown.end = .unknown
        test.merge([.of(1, bytes: 1, end: -60 * minute), .of(2, bytes: 2, end: -59 * minute), .of(3, bytes: 3), unknown])
        #expect(test.flows().map(\.flow.bytes) == [3, 2])
        test.merge([], now: minute)
        #expect(test.flows().map(\.flow.bytes) == [3])
        test.merge([], now: 59 * minute)
        #expect(test.flows().map(\.flow.bytes) == [3])
        test.merge([], now: 60 * minute)
        #expect(test.flows().isEmpty)
        for number in 0..<200 { test.merge([.of(1, bytes: 5, end: Int64(number) * minute)], now: Int64(number) * minute) }
        #expect(test.flows(to: 400 * minute).count == 60)
    }

    @Test("A clock that goes ahead loses nothing: the flow is of the newest minute")
    func future() {
        var test = TestWindow()
        test.merge([.of(1, bytes: 1, end: 300 * minute)])
        #expect(test.flows(from: -minute, to: minute).map(\.flow.bytes) == [1])
    }

    @Test("A question has its time, its predicate and its limit")
    func query() {
        var test = TestWindow()
        test.merge((0..<10).map { .of($0, bytes: UInt64($0 + 1), end: -Int64($0) * minute) })
        #expect(test.flows(from: -5 * minute, to: -3 * minute).map(\.flow.bytes) == [6, 5, 4])
        #expect(test.flows(from: -5 * minute + 1, to: -3 * minute - 1).map(\.flow.bytes) == [5])
        #expect(test.flows { $0.flow.bytes % 2 == 0 && $0.source.namespace == "shop" }.map(\.flow.bytes) == [10, 8, 6, 4, 2])
        #expect(test.flows(limit: 3).map(\.flow.bytes) == [10, 9, 8])
        #expect(test.flows(limit: 0).isEmpty)
        #expect(test.flows(limit: -1).isEmpty)
        #expect(test.flows(from: 5 * minute, to: -5 * minute).isEmpty)
        #expect(test.flows { _ in false }.isEmpty)
        #expect(test.heaviest.flows(from: Timestamp(nanoseconds: .min), to: Timestamp(nanoseconds: .max), limit: 100) { _ in true }.count == 10)
    }

    @Test("A full buffer keeps the heaviest, and offers below its floor are refused")
    func floor() {
        var test = TestWindow()
        test.merge((0..<20_000).map { .of($0, bytes: UInt64($0 * 7919 % 20_000 + 1)) })
        #expect(test.flows().map(\.flow.bytes) == (19_001...20_000).reversed())
    }

    @Test("A flow of many small samples is among the heaviest: the buffer adds them up before it gives any away")
    func samples() {
        var test = TestWindow()
        var flows: [Flow] = []
        for number in 0..<20_000 { flows += [.of(number % 3, bytes: 1500), .of(1000 + number % 500, bytes: 64)] }
        test.merge(flows)
        #expect(test.flows(limit: 3).reduce(0) { $0 + $1.flow.bytes } == 20_000 * 1500)
        #expect(test.flows().reduce(0) { $0 + $1.flow.bytes } == 20_000 * 1564)
    }

    @Test("The heaviest flow stays, though it comes last and thousands are as heavy as each other")
    func ties() {
        var test = TestWindow()
        test.merge((0..<4095).map { .of($0, bytes: 1500) } + [.of(5000, bytes: 1_000_000_000)])
        #expect(test.flows(limit: 2).map(\.flow.bytes) == [1_000_000_000, 1500])
        #expect(test.flows().count == 1000)
    }

    @Test("An emptied buffer takes light flows again")
    func emptied() {
        var buffer = HeaviestFlowsBuffer()
        for number in 0..<5000 { buffer.offer(.of(number, bytes: 1000), source: .world, destination: .world, exporter: .unspecified) }
        buffer.removeAll()
        buffer.offer(.of(1, bytes: 1), source: .world, destination: .world, exporter: .unspecified)
        var test = TestWindow()
        test.heaviest.merge(buffer, registry: test.registry, now: noon)
        #expect(test.flows().map(\.flow.bytes) == [1])
    }
}

extension Flow {
    /// The flow, changed.
    fileprivate func with(_ change: (inout Flow) -> Void) -> Flow {
        var flow = self
        change(&flow)
        return flow
    }
}
