import FlowModel
import Identity
import Testing

/// What records tell of the way between two nodes.
@Suite("Between nodes") struct CrossingTests {
    private static let one = NodeIndex(rawValue: 1)
    private static let two = NodeIndex(rawValue: 2)
    private static let podOne = EndpointEntry(number: .other, kind: .pod, node: one, hasBridgePort: true)
    private static let podTwo = EndpointEntry(number: .other, kind: .pod, node: two, hasBridgePort: true)
    private static let neighbour = EndpointEntry(number: .other, kind: .pod, node: one, hasBridgePort: true)
    private static let management = EndpointEntry(number: .other, kind: .host, node: two, hasBridgePort: true)

    private func crossing(
        _ source: EndpointEntry, _ destination: EndpointEntry, _ direction: Flow.Direction = .ingress, at node: NodeIndex?, both: Bool = true,
        counts: Vantage.Part = .all
    ) -> Vantage.Crossing? {
        Vantage(exporterNode: node, reportsBothDirections: both, counts: counts)
            .crossing(source: source, destination: destination, direction: direction)
    }

    @Test("A packet from a pod to one on another node is sent by the one and received by the other, as it enters either bridge")
    func ends() {
        #expect(crossing(Self.podOne, Self.podTwo, at: Self.one) == .sent(from: Self.one, to: Self.two))
        #expect(crossing(Self.podOne, Self.podTwo, at: Self.two) == .received(from: Self.one, to: Self.two))
        #expect(crossing(Self.podTwo, Self.podOne, at: Self.one) == .received(from: Self.two, to: Self.one))
        #expect(crossing(Self.podOne, Self.podTwo, .egress, at: Self.one) == nil && crossing(Self.podOne, Self.podTwo, .egress, at: Self.two) == nil)
    }

    @Test("With one record for a packet its direction says nothing")
    func oneView() {
        for direction in [Flow.Direction.ingress, .egress, .unknown] {
            #expect(crossing(Self.podOne, Self.podTwo, direction, at: Self.one, both: false) == .sent(from: Self.one, to: Self.two))
        }
    }

    @Test("Of several vantage points only the one that counts tells of it, and nobody else than the two nodes")
    func others() {
        #expect(crossing(Self.podOne, Self.podTwo, at: Self.one, counts: .homeless) == nil)
        #expect(crossing(Self.podOne, Self.podTwo, at: Self.one, counts: .home) != nil)
        #expect(crossing(Self.podOne, Self.podTwo, at: NodeIndex(rawValue: 3)) == nil && crossing(Self.podOne, Self.podTwo, at: nil) == nil)
    }

    @Test("What stays on a node, or is not between pods, tells nothing")
    func within() {
        #expect(crossing(Self.podOne, Self.neighbour, at: Self.one) == nil)
        #expect(crossing(Self.podOne, Self.management, at: Self.one) == nil && crossing(Self.management, Self.podOne, at: Self.two) == nil)
        #expect(crossing(Self.podOne, .world, at: Self.one) == nil && crossing(.world, Self.podOne, at: Self.one) == nil)
    }
}
