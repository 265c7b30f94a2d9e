import FlowModel
import Identity
import Testing

/// What `VantageTests` leaves out: Services, exporters without a node, sets of nodes.
@Suite struct ServiceVantageTests {
    private static let here = NodeIndex(rawValue: 3)
    private static let there = NodeIndex(rawValue: 130)
    private static let pod = EndpointEntry(number: .other, kind: .pod, node: here, hasBridgePort: true)
    private static let remote = EndpointEntry(number: .other, kind: .pod, node: there, hasBridgePort: true)
    private static let gateway = EndpointEntry(number: .other, kind: .host, node: there)
    private static let world = EndpointEntry.world
    private static let deadService = EndpointEntry(number: .other, kind: .service)
    private static let service = {
        var entry = deadService
        entry.hasBackends = true
        return entry
    }()

    private func exporting(_ nodes: NodeIndex...) -> NodeSet {
        nodes.reduce(into: NodeSet()) { $0.insert($1) }
    }

    private func decide(
        _ source: EndpointEntry, _ destination: EndpointEntry, _ direction: Flow.Direction, at node: NodeIndex?, both: Bool = true,
        _ exporting: NodeSet
    ) -> Vantage.Decision {
        Vantage(exporterNode: node, reportsBothDirections: both)
            .decide(source: source, destination: destination, direction: direction, exporting: exporting)
    }

    @Test("An exporter without a node counts only what has no home at a node that exports")
    func switches() {
        let all = exporting(Self.here, Self.there)
        #expect(decide(Self.pod, Self.remote, .unknown, at: nil, both: false, all) == .setAside(.otherNode))
        #expect(decide(Self.world, Self.pod, .unknown, at: nil, both: false, all) == .setAside(.otherNode))
        #expect(decide(Self.remote, Self.pod, .unknown, at: nil, both: false, exporting(Self.here)) == .setAside(.otherNode))
        #expect(decide(Self.pod, Self.remote, .unknown, at: nil, both: false, NodeSet()) == .count)
        #expect(decide(Self.world, Self.gateway, .unknown, at: nil, both: false, all) == .count)
    }

    @Test("A Service's address waits for its backend; in vain, the request counts and the answer's second view does not")
    func services() {
        let all = exporting(Self.here, Self.there)
        #expect(Vantage.awaitsTranslation(source: Self.pod, destination: Self.service))
        #expect(Vantage.awaitsTranslation(source: Self.service, destination: Self.pod))
        #expect(!Vantage.awaitsTranslation(source: Self.pod, destination: Self.remote))
        #expect(decide(Self.pod, Self.service, .ingress, at: Self.here, all) == .count)
        #expect(decide(Self.pod, Self.service, .ingress, at: Self.there, all) == .setAside(.otherNode))
        #expect(decide(Self.service, Self.pod, .egress, at: Self.here, all) == .setAside(.serviceReplyView))
        #expect(decide(Self.deadService, Self.pod, .egress, at: Self.here, all) == .count, "nothing behind it would count instead")
        #expect(decide(Self.service, Self.world, .unknown, at: nil, both: false, NodeSet()) == .count, "no node shows the answer")
    }

    @Test("A set of nodes holds what was put into it")
    func nodeSets() {
        #expect(NodeSet().isEmpty)
        let some = exporting(Self.here, Self.there)
        #expect(!some.isEmpty && some.contains(Self.here) && some.contains(Self.there))
        for other in [0, 2, 4, 64, 129, 131, 65535] as [UInt16] { #expect(!some.contains(NodeIndex(rawValue: other))) }
        #expect(some == exporting(Self.there, Self.here))
    }
}
