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

    @Test("Of a node's vantage points one counts the packets at home there, and one those without a home")
    func vantagePoints() {
        let both = nodes(one, two)
        let leader = Vantage(exporterNode: one, reportsBothDirections: true, counts: .home)
        let other = Vantage(exporterNode: one, reportsBothDirections: true, counts: .homeless)
        let third = Vantage(exporterNode: one, reportsBothDirections: true, counts: [])
        for (source, destination, direction) in [(podOne, podTwo, Flow.Direction.ingress), (world, podOne, .egress)] {
            #expect(leader.decide(source: source, destination: destination, direction: direction, exporting: both) == .count)
            #expect(other.decide(source: source, destination: destination, direction: direction, exporting: both) == .setAside(.otherVantage))
        }
        #expect(leader.decide(source: host, destination: world, direction: .ingress, exporting: both) == .setAside(.otherVantage))
        #expect(other.decide(source: host, destination: world, direction: .ingress, exporting: both) == .count)
        #expect(third.decide(source: host, destination: world, direction: .ingress, exporting: both) == .setAside(.otherVantage))
        // What counts at another node counts there, whoever sees it here.
        #expect(leader.decide(source: podTwo, destination: podOne, direction: .egress, exporting: both) == .setAside(.otherNode))
        #expect(leader.decide(source: podOne, destination: podTwo, direction: .egress, exporting: both) == .setAside(.egressView))
    }

    @Test("What an exporter reports is told apart by where it has its home")
    func parts() {
        let vantage = Vantage(exporterNode: one, reportsBothDirections: true)
        let both = nodes(one, two)
        #expect(vantage.part(source: podOne, destination: podTwo, exporting: both) == .home)
        #expect(vantage.part(source: podTwo, destination: podOne, exporting: both) == [])
        #expect(vantage.part(source: podTwo, destination: podOne, exporting: nodes(one)) == .home)
        #expect(vantage.part(source: world, destination: podOne, exporting: both) == .home)
        #expect(vantage.part(source: host, destination: world, exporting: both) == .homeless)
    }

    @Test("A Weir of one node takes every node for one that exports: it counts what is at home on its own, or has no home")
    func ownNode() {
        for (source, destination, isCounted) in [
            (podOne, podTwo, true), (podTwo, podOne, false), (world, podOne, true), (podOne, world, true), (world, podTwo, false),
            (podTwo, world, false), (host, world, true), (world, world, true),
        ] {
            let mine = Vantage(exporterNode: one, reportsBothDirections: false)
            let decision = mine.decide(source: source, destination: destination, direction: .unknown, exporting: .all)
            #expect(decision == (isCounted ? .count : .setAside(.otherNode)))
            #expect(!mine.mayHaveHomeElsewhere(source: source, destination: destination, exporting: .all))
        }
        #expect(NodeSet.all.contains(NodeIndex(rawValue: .max)) && NodeSet.all.contains(NodeIndex(rawValue: 0)) && !NodeSet.all.isEmpty)
    }
}
