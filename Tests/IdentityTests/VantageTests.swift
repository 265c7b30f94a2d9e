import FlowModel
import Identity
import Testing

/// Pods on two nodes and the world, as exporters on either node see their packets.
@Suite struct VantageTests {
    private let identity: TestIdentity
    private let one: NodeIndex
    private let two: NodeIndex
    private let podOne: EndpointEntry
    private let podTwo: EndpointEntry
    private let host: EndpointEntry
    private let world: EndpointEntry

    init() throws {
        identity = try TestIdentity(
            """
            - {kind: Pod, metadata: {name: a, namespace: n}, spec: {nodeName: node-1}, status: {podIP: 10.0.1.9, hostIP: 192.168.0.1}}
            - {kind: Pod, metadata: {name: b, namespace: n}, spec: {nodeName: node-2}, status: {podIP: 10.0.2.9, hostIP: 192.168.0.2}}
            """)
        one = try #require(identity.snapshot.node(named: "node-1"))
        two = try #require(identity.snapshot.node(named: "node-2"))
        podOne = try identity.entry("10.0.1.9")
        podTwo = try identity.entry("10.0.2.9")
        host = try identity.entry("192.168.0.1")
        world = try identity.entry("8.8.8.8")
    }

    private func nodes(_ nodes: NodeIndex...) -> NodeSet {
        nodes.reduce(into: NodeSet()) { $0.insert($1) }
    }

    @Test("Of both directions the one at the source's node counts as it enters; the way out towards the tunnel is set aside")
    func bothDirections() {
        let client = Vantage(exporterNode: one, reportsBothDirections: true)
        let server = Vantage(exporterNode: two, reportsBothDirections: true)
        let both = nodes(one, two)
        #expect(client.decide(source: podOne, destination: podTwo, direction: .ingress, exporting: both) == .count)
        #expect(client.decide(source: podOne, destination: podTwo, direction: .egress, exporting: both) == .setAside(.egressView))
        #expect(server.decide(source: podOne, destination: podTwo, direction: .ingress, exporting: both) == .setAside(.otherNode))
        #expect(server.decide(source: podOne, destination: podTwo, direction: .egress, exporting: both) == .setAside(.otherNode))
    }

    @Test("Where the source's node does not export, the destination's counts the packet as it leaves")
    func destination() {
        let server = Vantage(exporterNode: two, reportsBothDirections: true)
        #expect(server.decide(source: podOne, destination: podTwo, direction: .egress, exporting: nodes(two)) == .count)
        #expect(server.decide(source: podOne, destination: podTwo, direction: .ingress, exporting: nodes(two)) == .setAside(.ingressView))
        #expect(server.decide(source: world, destination: podTwo, direction: .egress, exporting: nodes(one, two)) == .count)
        #expect(server.decide(source: host, destination: podTwo, direction: .egress, exporting: nodes(one, two)) == .count)
        let other = Vantage(exporterNode: one, reportsBothDirections: true)
        #expect(other.decide(source: world, destination: podTwo, direction: .egress, exporting: nodes(one, two)) == .setAside(.otherNode))
        // A gateway's other node has no say where it does not export.
        #expect(other.decide(source: world, destination: podTwo, direction: .ingress, exporting: nodes(one)) == .count)
    }

    @Test("Without a home a packet counts as it enters, wherever it is seen")
    func nowhere() {
        for node in [one, nil] {
            let vantage = Vantage(exporterNode: node, reportsBothDirections: true)
            #expect(vantage.decide(source: world, destination: world, direction: .ingress, exporting: nodes(one)) == .count)
            #expect(vantage.decide(source: world, destination: world, direction: .egress, exporting: nodes(one)) == .setAside(.egressView))
            #expect(vantage.decide(source: world, destination: world, direction: .unknown, exporting: nodes(one)) == .count)
        }
    }

    @Test("An exporter with one record a packet counts at the packet's home whatever the direction says")
    func oneDirection() {
        let client = Vantage(exporterNode: one, reportsBothDirections: false)
        let server = Vantage(exporterNode: two, reportsBothDirections: false)
        for direction in [Flow.Direction.ingress, .egress, .unknown] {
            #expect(client.decide(source: podOne, destination: podTwo, direction: direction, exporting: nodes(one, two)) == .count)
            #expect(server.decide(source: podOne, destination: podTwo, direction: direction, exporting: nodes(one, two)) == .setAside(.otherNode))
            #expect(server.decide(source: world, destination: podTwo, direction: direction, exporting: nodes(one, two)) == .count)
        }
    }

    @Test("A record whose home has not shown yet that it exports is known as one that may count elsewhere")
    func elsewhere() {
        let server = Vantage(exporterNode: two, reportsBothDirections: true)
        #expect(server.mayHaveHomeElsewhere(source: podOne, destination: podTwo, exporting: nodes(two)))
        #expect(!server.mayHaveHomeElsewhere(source: podOne, destination: podTwo, exporting: nodes(one, two)))
        #expect(!server.mayHaveHomeElsewhere(source: podTwo, destination: podOne, exporting: nodes(two)))
        #expect(!server.mayHaveHomeElsewhere(source: world, destination: world, exporting: NodeSet()))
    }
}
