import FlowModel
import Foundation
import Identity
import Support
import Testing

/// `shared/captures/nat`: two nodes that both export, Services translated in their bridges, in three formats. Every record goes through look-up,
/// translation and vantage; what counts is compared with what tcpdump counted at the ends.
@Suite("Service traffic counts once")
struct ServiceCaptureTests {
    /// A record of `NAME.rows.json`.
    struct Row: Decodable {
        var src: String?
        var dst: String?
        var proto: UInt8?
        var sport: UInt16?
        var dport: UInt16?
        var dir: UInt8?
        var packets: UInt64
        var octets: UInt64?
        var exporter: String
    }

    /// `NAME.truth.json`.
    struct Truth: Decodable {
        struct Leg: Decodable {
            var packets: UInt64
            var l2_bytes: UInt64
            var l3_bytes: UInt64
        }
        struct Connection: Decodable {
            var kind: String
            var client: String
            var client_port: UInt16?
            var proto: UInt8
            var backend: String?
            var backend_port: UInt16?
            var client_as_seen_by_backend: String?
            var request: Leg
            var reply: Leg
        }
        var wanted: [Connection]
    }

    struct Amount: Equatable {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
    }

    /// A leg of the truth, under its 5-tuple as it counts.
    struct Leg {
        var name: String
        var key: String
        var amount: Amount
        var ends: [EndpointEntry]
    }

    struct Capture {
        var name: String
        var reportsBothDirections: Bool
        /// A leg's bytes in the unit of the records.
        var bytes: @Sendable (Truth.Leg) -> UInt64
        /// Legs of which the README says that they have no record.
        var legsWithoutRecord: Set<String>
    }

    private static let nodeNames = ["node1": "worker-0.ocp.example.com", "node2": "worker-1.ocp.example.com"]
    private static let patchPort: Set<String> = ["NodePort, request to a local backend", "egress SNAT, reply"]
    private static let netflow = Capture(name: "nat-netflow5", reportsBothDirections: false, bytes: \.l2_bytes, legsWithoutRecord: patchPort)
    private static let sflow = Capture(
        name: "nat-sflow", reportsBothDirections: false, bytes: { $0.l2_bytes + 4 * $0.packets }, legsWithoutRecord: patchPort)
    private static let ipfix = Capture(name: "nat-ipfix", reportsBothDirections: true, bytes: \.l3_bytes, legsWithoutRecord: [])

    private func key(_ source: String, _ sourcePort: UInt16, _ destination: String, _ destinationPort: UInt16, _ proto: UInt8) -> String {
        "\(source):\(sourcePort) > \(destination):\(destinationPort) \(proto)"
    }

    private func rows(_ capture: Capture) throws -> [Row] {
        try SharedFiles.json([Row].self, "nat/\(capture.name).rows.json", in: SharedFiles.captures)
    }

    /// What the rules count, by 5-tuple of the real ends, and how often they set aside for what reason.
    private func count(_ rows: [Row], _ capture: Capture, _ cluster: TestIdentity) throws -> (amounts: [String: Amount], aside: [SetAsideReason: Int])
    {
        let nodes = Dictionary(uniqueKeysWithValues: try Self.nodeNames.map { ($0, try #require(cluster.snapshot.node(named: $1))) })
        let exporting = Set(rows.map(\.exporter)).compactMap { nodes[$0] }.reduce(into: NodeSet()) { $0.insert($1) }
        var translations = Translations()
        let now = Timestamp(seconds: 1_795_233_760)
        var waiting: [(row: Row, source: TransportAddress, destination: TransportAddress)] = []
        var amounts: [String: Amount] = [:]
        var aside: [SetAsideReason: Int] = [:]
        func decide(_ row: Row, _ source: TransportAddress, _ destination: TransportAddress) {
            let vantage = Vantage(exporterNode: nodes[row.exporter], reportsBothDirections: capture.reportsBothDirections)
            let direction = row.dir.flatMap(Flow.Direction.init(rawValue:)) ?? .unknown
            let decision = vantage.decide(
                source: cluster.snapshot.lookup(source.address), destination: cluster.snapshot.lookup(destination.address), direction: direction,
                exporting: exporting)
            switch decision {
            case .count:
                let key = key(source.address.description, source.port, destination.address.description, destination.port, source.protocolNumber)
                amounts[key, default: Amount()].packets += row.packets
                amounts[key, default: Amount()].bytes += row.octets ?? 0
            case .setAside(let reason): aside[reason, default: 0] += 1
            }
        }
        for row in rows {
            guard let from = row.src.flatMap({ IPAddress($0) }), let to = row.dst.flatMap({ IPAddress($0) }), let proto = row.proto else { continue }
            let source = TransportAddress(address: from, port: row.sport ?? 0, protocolNumber: proto)
            let destination = TransportAddress(address: to, port: row.dport ?? 0, protocolNumber: proto)
            if cluster.snapshot.isBackend(source) { translations.learn(client: destination, backend: source, at: now) }
            if cluster.snapshot.isBackend(destination) { translations.learn(client: source, backend: destination, at: now) }
            if Vantage.awaitsTranslation(source: cluster.snapshot.lookup(from), destination: cluster.snapshot.lookup(to)) {
                waiting.append((row, source, destination))
            } else {
                decide(row, source, destination)
            }
        }
        for (row, source, destination) in waiting {
            decide(
                row, translations.backend(of: source, for: destination, at: now, in: cluster.snapshot) ?? source,
                translations.backend(of: destination, for: source, at: now, in: cluster.snapshot) ?? destination)
        }
        return (amounts, aside)
    }

    /// Both legs of each connection that has a backend.
    private func legs(_ capture: Capture, _ cluster: TestIdentity) throws -> [Leg] {
        let truth = try SharedFiles.json(Truth.self, "nat/\(capture.name).truth.json", in: SharedFiles.captures)
        return try truth.wanted.flatMap { connection -> [Leg] in
            guard let backend = connection.backend, let port = connection.backend_port, let clientPort = connection.client_port else { return [] }
            // Of a NodePort's client the backend, and every record, sees the join address of the node that it dialled.
            let isNodePort = connection.kind.hasPrefix("NodePort")
            let client = isNodePort ? connection.client_as_seen_by_backend ?? connection.client : connection.client
            let isLocal = try isNodePort && cluster.entry(client).node == cluster.entry(backend).node
            func amount(_ leg: Truth.Leg) -> Amount { Amount(packets: leg.packets, bytes: capture.bytes(leg)) }
            let request = key(client, clientPort, backend, port, connection.proto)
            let reply = key(backend, port, client, clientPort, connection.proto)
            let ends = [try cluster.entry(client), try cluster.entry(backend)]
            return [
                Leg(
                    name: connection.kind + ", request" + (isLocal ? " to a local backend" : ""), key: request, amount: amount(connection.request),
                    ends: ends),
                Leg(name: connection.kind + ", reply", key: reply, amount: amount(connection.reply), ends: ends),
            ]
        }
    }

    private func expectTruth(_ amounts: [String: Amount], _ capture: Capture, _ cluster: TestIdentity) throws {
        let legs = try legs(capture, cluster)
        #expect(legs.count == 38)
        let wrong = legs.filter { amounts[$0.key] != $0.amount }
        #expect(Set(wrong.map(\.name)) == capture.legsWithoutRecord)
        #expect(wrong.count == capture.legsWithoutRecord.count)
        for leg in wrong { #expect(amounts[leg.key] == nil, "no record at all: \(leg)") }
        // What counts beside: the connection to a Service with nothing behind it, and a ping.
        let known = Set(legs.map(\.key))
        let rest = amounts.filter { !known.contains($0.key) }
        #expect(rest["10.128.2.6:47001 > 172.30.0.99:80 6"]?.packets == 2)
        #expect(rest.keys.allSatisfy { $0 == "10.128.2.6:47001 > 172.30.0.99:80 6" || $0.hasSuffix(" 1") }, "\(rest)")
    }

    @Test("NetFlow and sFlow: all legs that have a record, to the packet and the byte", arguments: ["nat-netflow5", "nat-sflow"])
    func oneView(name: String) throws {
        let capture = name == "nat-sflow" ? Self.sflow : Self.netflow
        let cluster = try TestIdentity.ofCaptures()
        let (amounts, aside) = try count(try rows(capture), capture, cluster)
        try expectTruth(amounts, capture, cluster)
        #expect(Set(aside.keys) == [.otherNode])
    }

    @Test("IPFIX: all legs, to the packet and the byte")
    func bothViews() throws {
        let cluster = try TestIdentity.ofCaptures()
        let (amounts, aside) = try count(try rows(Self.ipfix), Self.ipfix, cluster)
        try expectTruth(amounts, Self.ipfix, cluster)
        #expect(aside[.egressView, default: 0] > 0 && aside[.ingressView, default: 0] > 0 && aside[.otherNode, default: 0] > 0)
    }

    @Test("The order in which the records come doesn't matter", arguments: ["nat-netflow5", "nat-ipfix"])
    func order(name: String) throws {
        let capture = name == "nat-ipfix" ? Self.ipfix : Self.netflow
        let cluster = try TestIdentity.ofCaptures()
        try expectTruth(try count(try rows(capture).reversed(), capture, cluster).amounts, capture, cluster)
    }

    @Test("Selectors do instead of endpoint slices")
    func withoutSlices() throws {
        let cluster = try TestIdentity.ofCaptures(["pods", "nodes", "services"])
        for capture in [Self.netflow, Self.ipfix] {
            try expectTruth(try count(try rows(capture), capture, cluster).amounts, capture, cluster)
        }
    }

    @Test("A kernel datapath's further record, of the packet on its way into the tunnel, is set aside")
    func intoTheTunnel() throws {
        let cluster = try TestIdentity.ofCaptures()
        let rows = try rows(Self.ipfix)
        // What the other node sees come out of the tunnel is what this node's kernel shows going in: translated, as an egress.
        let further = rows.filter { row in
            guard row.dir == 0, let from = row.src.flatMap({ IPAddress($0) }), let node = cluster.snapshot.lookup(from).node else { return false }
            return cluster.snapshot.name(of: node) != Self.nodeNames[row.exporter]
        }.map { row in
            var row = row
            row.dir = 1
            row.exporter = row.exporter == "node1" ? "node2" : "node1"
            return row
        }
        #expect(further.count > 15)
        try expectTruth(try count(rows + further, Self.ipfix, cluster).amounts, Self.ipfix, cluster)
        try expectTruth(try count(further + rows, Self.ipfix, cluster).amounts, Self.ipfix, cluster)
    }

    @Test(
        "Where only one node exports, every packet of its pods counts still", arguments: ["nat-netflow5", "nat-sflow", "nat-ipfix"],
        ["node1", "node2"])
    func oneNode(name: String, exporter: String) throws {
        let capture = try #require([Self.netflow, Self.sflow, Self.ipfix].first { $0.name == name })
        let cluster = try TestIdentity.ofCaptures()
        let node = cluster.snapshot.node(named: Self.nodeNames[exporter] ?? "")
        let amounts = try count(try rows(capture).filter { $0.exporter == exporter }, capture, cluster).amounts
        let legs = try legs(capture, cluster).filter { $0.ends.contains { $0.hasBridgePort && $0.node == node } }
        #expect(legs.count > 20)
        for leg in legs where !capture.legsWithoutRecord.contains(leg.name) { #expect(amounts[leg.key] == leg.amount, "\(leg.name): \(leg.key)") }
    }

    @Test("All records added up would be too much, which the rules are there to prevent")
    func overcount() throws {
        for (capture, factor) in [(Self.netflow, 1.25), (Self.sflow, 1.25), (Self.ipfix, 2.15)] {
            let rows = try rows(capture).filter { $0.src?.isEmpty == false }
            let cluster = try TestIdentity.ofCaptures()
            let counted = try count(rows, capture, cluster).amounts.values.reduce(0) { $0 + $1.packets }
            #expect(Double(rows.reduce(0) { $0 + $1.packets }) > factor * Double(counted), "\(capture.name)")
        }
    }
}
