import FlowModel
import Identity
import KubernetesObjects
import Support
import Testing

@Suite("The order of events")
struct LiveOrderTests {
    /// What happens to one object, in its order.
    private enum Event {
        case put(String)
        case pod(Pod)
        case removePod(String)
        case removeSlice(String)
    }

    private static let addresses =
        (1...6).flatMap { ["10.0.0.\($0)", "fd01::\($0)"] } + ["192.0.2.1", "192.0.2.2", "172.30.0.80", "10.0.0.200", "10.0.1.1"]

    /// Everything the table says of some addresses, ports and times, but for what stands behind Services.
    private func contents(_ table: LiveSnapshot) throws -> [String] {
        var lines: [String] = []
        for address in Self.addresses {
            for time in stride(from: -20.0, to: 60, by: 0.5) {
                let entry = try table.entry(address, at: time)
                let node = entry.node.flatMap { table.snapshot.name(of: $0) } ?? ""
                lines.append("\(address) \(time) \(table.name(entry)) \(entry.kind) \(node) \(entry.hasBridgePort) \(entry.isUnsettled)")
            }
            for port in [80, 8080, 9100, 30080] as [UInt16] { lines.append("\(address):\(port) \(try table.name(address, port: port))") }
            lines.append("\(address) \(try table.name(address))")
        }
        return lines
    }

    /// What stands behind Services. Within the grace period that also depends on whether the Service was known before its slice changed.
    private func links(_ table: LiveSnapshot) throws -> [String] {
        var lines: [String] = []
        for address in Self.addresses {
            let entry = try table.entry(address)
            lines.append("\(address) \(entry.isServiceBackend) \(entry.hasBackends)")
        }
        for backend in ["10.0.0.1:8080", "10.0.0.2:8080", "192.0.2.1:8080"] {
            lines.append("\(backend) \(table.snapshot.isBackend(try TransportAddress(backend), of: try TransportAddress("172.30.0.80:80")))")
        }
        return lines
    }

    @Test("In whichever order the objects come, the table is the same", arguments: 0..<40)
    func anyOrder(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        func node(_ name: String, _ number: Int) -> String {
            "{kind: Node, metadata: {name: \(name)}, spec: {podCIDR: 10.0.\(number).0/24}, status: {addresses: [{type: InternalIP, address: 192.0.2.\(number)}]}}"
        }
        // The times are the events' own: those of one watch are late against another's.
        var objects: [[(at: Double, event: Event)]] = [
            [(2, .put(node("n1", 1)))], [(3, .put(node("n2", 2)))],
            [
                (
                    4,
                    .put(
                        "{kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: 172.30.0.80, ports: [{port: 80, nodePort: 30080}]}}"
                    )
                )
            ],
        ]
        func slice(_ address: String, _ pod: String) -> String {
            """
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: [\(address)], targetRef: {kind: Pod, name: \(pod)}}, {addresses: [192.0.2.1], targetRef: {kind: Pod, name: host}}]
            """
        }
        objects.append([(5, .put(slice("10.0.0.1", "p0"))), (9, .put(slice("10.0.0.2", "p1")))])
        if random.next() % 2 == 0 { objects[3].append((11, .removeSlice("web-1"))) }
        objects.append([
            (
                6,
                .put(
                    """
                    kind: Pod
                    metadata: {name: host, namespace: shop, uid: "1"}
                    spec: {nodeName: n1, hostNetwork: true, containers: [{ports: [{containerPort: 9100}]}]}
                    status: {phase: Running, podIPs: [{ip: 192.0.2.1}], hostIPs: [{ip: 192.0.2.1}]}
                    """)
            )
        ])
        for index in 0..<6 {
            // Each pod comes without an address, gets one, and may end or be deleted; some share their addresses.
            let address = 1 + random.next() % 4
            let node = "n\(1 + random.next() % 2)"
            var time = Double(random.next() % 20)
            let start = time.rounded(.down)
            func pod(_ addresses: Bool, _ phase: String) throws -> Event {
                let host = ", hostIP: 192.0.2.\(node.dropFirst())"
                return .pod(
                    addresses
                        ? try LiveCluster.pod(
                            "p\(index)", "10.0.0.\(address)", "fd01::\(address)", node: node, start: start, phase: phase, status: host)
                        : try LiveCluster.pod("p\(index)", node: node, start: start, phase: phase, status: host))
            }
            var events: [(at: Double, event: Event)] = []
            func later(_ most: UInt64) -> Double {
                time += Double(random.next() % (most * 8)) / 8 + 0.125
                return time
            }
            if random.next() % 3 > 0 { events.append((time, try pod(false, "Pending"))) }
            events.append((later(2), try pod(true, "Running")))
            if random.next() % 3 == 0 { events.append((later(20), try pod(true, "Succeeded"))) }
            if random.next() % 2 == 0 { events.append((later(20), .removePod("p\(index)"))) }
            objects.append(events)
        }
        func apply(_ item: (at: Double, event: Event), to cluster: inout LiveCluster) throws {
            switch item.event {
            case .put(let yaml): try cluster.put(yaml, at: item.at)
            case .pod(let pod): cluster.put(pod, at: item.at)
            case .removePod(let name): cluster.remove(name, at: item.at)
            case .removeSlice(let name):
                cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: name), at: LiveCluster.time(item.at))
            }
        }
        var inOrder = LiveCluster(grace: 1000)
        for item in objects.joined().sorted(by: { $0.at < $1.at }) {
            try apply(item, to: &inOrder)
            _ = inOrder.publish(at: 60)
        }
        let expected = try contents(inOrder.publish(at: 60)) + links(inOrder.publish(at: 1100))
        for _ in 0..<4 {
            var shuffled = LiveCluster(grace: 1000)
            var waiting = objects
            while !waiting.isEmpty {
                let index = Int(random.next() % UInt64(waiting.count))
                try apply(waiting[index].removeFirst(), to: &shuffled)
                if waiting[index].isEmpty { waiting.remove(at: index) }
                if random.next() % 4 == 0 { _ = shuffled.publish(at: 60) }
            }
            let found = try contents(shuffled.publish(at: 60)) + links(shuffled.publish(at: 1100))
            let difference = zip(expected, found).first { $0 != $1 }
            #expect(difference == nil, "in order, then in another one")
        }
    }
}
