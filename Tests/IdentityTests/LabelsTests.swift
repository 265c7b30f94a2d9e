import FlowModel
import Identity
import KubernetesObjects
import Support
import Testing

@Suite("What ends are called by beside namespace and pod")
struct LabelsTests {
    private static func configuration(_ labels: Set<LabelsConfiguration.Label>, pods: [String] = []) -> IdentityConfiguration {
        var configuration = IdentityConfiguration()
        configuration.labels.labels = labels
        configuration.labels.podLabels = pods
        return configuration
    }

    private static let replicaSet = ", ownerReferences: [{kind: ReplicaSet, name: web-7d9c, controller: true}]"
    private static let deployment = """
        {kind: ReplicaSet, metadata: {namespace: shop, name: web-7d9c, ownerReferences: [{kind: Deployment, name: web, controller: true}]}}
        """

    @Test("All of them, in the order in which they are exposed")
    func order() throws {
        let configuration = Self.configuration([.servicePort, .app, .zone, .node, .workloadKind, .workload, .protocol], pods: ["team", "tier"])
        #expect(configuration.labels.endNames == ["workload", "workload_kind", "node", "zone", "app", "label_team", "label_tier"])
        #expect(configuration.labels.pairNames == ["protocol", "service_port"])
        var cluster = LiveCluster(configuration)
        try cluster.put("{kind: Node, metadata: {name: n, labels: {topology.kubernetes.io/zone: eu-1}}}", at: 0)
        try cluster.put(Self.deployment, at: 0)
        cluster.put(
            try LiveCluster.pod(
                "web-7d9c-x", "10.0.0.1", node: "n", metadata: Self.replicaSet + ", labels: {app: old, app.kubernetes.io/name: web, team: red}",
                status: ", hostIP: 192.0.2.1"), at: 0)
        cluster.put(try LiveCluster.pod("bare", "10.0.0.2"), at: 0)
        let table = cluster.publish(at: 0)
        #expect(try table.more("10.0.0.1") == ["web", "Deployment", "n", "eu-1", "web", "red", ""])
        #expect(try table.more("10.0.0.2") == [], "where all are empty, none is kept")
        #expect(try table.more("192.0.2.1") == ["", "", "n", "eu-1", "", "", ""])
        #expect(try table.more("8.8.8.8") == [])
    }

    @Test("A pod's label is exposed by the name that kube-state-metrics gives it")
    func names() {
        let names = ["app.kubernetes.io/name": "label_app_kubernetes_io_name", "podTemplate-HASH": "label_pod_template_hash", "a1B": "label_a1_b"]
        for (name, exposed) in names { #expect(LabelsConfiguration.exposedName(ofPodLabel: name) == exposed) }
    }

    @Test("When the owner of its ReplicaSet becomes known, a pod gets another number; the old one stays for the grace period")
    func lateOwner() throws {
        var cluster = LiveCluster(grace: 60, Self.configuration([.workload]))
        cluster.put(try LiveCluster.pod("web-7d9c-x", "10.0.0.1", start: -3600, metadata: Self.replicaSet), at: 0)
        cluster.put(try LiveCluster.pod("other", "10.0.0.2", start: -3600), at: 0)
        let early = try cluster.publish(at: 0).entry("10.0.0.1").number
        let other = try cluster.publish(at: 0).entry("10.0.0.2").number
        #expect(cluster.registry.labels(of: early).more == ["web-7d9c"])
        try cluster.put(Self.deployment, at: 100)
        do {
            let table = cluster.publish(at: 100)
            let number = try table.entry("10.0.0.1").number
            #expect(number != early && cluster.registry.labels(of: number).more == ["web"])
            #expect(try table.entry("10.0.0.2").number == other)
            #expect(table.snapshot.workload(of: number) == Workload(kind: "Deployment", name: "web"))
            #expect(table.snapshot.workload(of: early) != nil, "flows counted by it are about")
            #expect(table.snapshot.endpointCount == 2)
        }

        cluster.identity.expire(at: LiveCluster.time(159))
        _ = cluster.publish(at: 159)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(175)) == nil)
        cluster.identity.expire(at: LiveCluster.time(161))
        let isDue = cluster.identity.hasChanges
        #expect(isDue)
        _ = cluster.publish(at: 161)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(165)) == nil)
        let gone = cluster.identity.takeGone(at: LiveCluster.time(172))
        #expect(gone?.numbers == [early])
    }

    @Test("Until the ReplicaSet is known, the pod's own hash says which Deployment it is of, so that no number changes at the start")
    func presumedOwner() throws {
        var cluster = LiveCluster(Self.configuration([.workload, .workloadKind]))
        cluster.put(try LiveCluster.pod("web-7d9c-x", "10.0.0.1", metadata: Self.replicaSet + ", labels: {pod-template-hash: 7d9c}"), at: 0)
        let presumed = cluster.publish(at: 0)
        #expect(try presumed.more("10.0.0.1") == ["web", "Deployment"])
        try cluster.put(Self.deployment, at: 1)
        #expect(try cluster.publish(at: 1).entry("10.0.0.1").number == presumed.entry("10.0.0.1").number)
        // What the ReplicaSet itself says is believed.
        try cluster.put("{kind: ReplicaSet, metadata: {namespace: shop, name: web-7d9c}}", at: 2)
        #expect(try cluster.publish(at: 2).more("10.0.0.1") == ["web-7d9c", "ReplicaSet"])
        cluster.identity.replaceOwners([], ofKind: "ReplicaSet", at: LiveCluster.time(3))
        #expect(try cluster.publish(at: 3).more("10.0.0.1") == ["web", "Deployment"])
    }

    @Test("A CronJob is the workload of its Jobs' pods, in their namespace")
    func cronJobs() throws {
        var cluster = LiveCluster(Self.configuration([.workload, .workloadKind]))
        cluster.put(try LiveCluster.pod("scan-1-x", "10.0.0.1", metadata: ", ownerReferences: [{kind: Job, name: scan-1, controller: true}]"), at: 0)
        #expect(try cluster.publish(at: 0).more("10.0.0.1") == ["scan-1", "Job"])
        try cluster.put(
            "{kind: Job, metadata: {namespace: other, name: scan-1, ownerReferences: [{kind: CronJob, name: x, controller: true}]}}", at: 1)
        #expect(try cluster.publish(at: 1).more("10.0.0.1") == ["scan-1", "Job"])
        try cluster.put(
            "{kind: Job, metadata: {namespace: shop, name: scan-1, ownerReferences: [{kind: CronJob, name: scan, controller: true}]}}", at: 1)
        #expect(try cluster.publish(at: 1).more("10.0.0.1") == ["scan", "CronJob"])
    }

    @Test("A Job that is named for a minute belongs to a CronJob, as long as nothing says otherwise; a date is no such minute")
    func presumedCronJobs() throws {
        for (job, workload) in [
            ("nightly-scan-28912345", ["nightly-scan", "CronJob"]), ("import-20261122", ["import-20261122", "Job"]),
            ("scan-2891234x", ["scan-2891234x", "Job"]),
        ] {
            var cluster = LiveCluster(Self.configuration([.workload, .workloadKind]))
            cluster.put(try LiveCluster.pod("a", "10.0.0.1", metadata: ", ownerReferences: [{kind: Job, name: \(job), controller: true}]"), at: 0)
            #expect(try cluster.publish(at: 0).more("10.0.0.1") == workload)
            // What the Job itself says is believed.
            try cluster.put("{kind: Job, metadata: {namespace: shop, name: \(job)}}", at: 1)
            #expect(try cluster.publish(at: 1).more("10.0.0.1") == [job, "Job"])
        }
    }

    @Test("A StatefulSet's pod that comes again is the same endpoint where its labels are the same, and another one on another node")
    func comesAgain() throws {
        for (labels, isSame) in [(Set([LabelsConfiguration.Label.workload]), true), ([.workload, .node], false)] {
            var cluster = LiveCluster(grace: 10, Self.configuration(labels))
            let owner = ", ownerReferences: [{kind: StatefulSet, name: db, controller: true}]"
            cluster.put(try LiveCluster.pod("db-0", uid: "1", "10.0.0.1", node: "a", metadata: owner), at: 0)
            let first = try cluster.publish(at: 0).entry("10.0.0.1").number
            cluster.remove("db-0", uid: "1", at: 5)
            cluster.put(try LiveCluster.pod("db-0", uid: "2", "10.0.0.9", node: "b", metadata: owner), at: 6)
            #expect(try (cluster.publish(at: 6).entry("10.0.0.9").number == first) == isSame)
        }
    }

    @Test("When a node's zone becomes known or changes, its pods, its own addresses and what pods tell of it are named anew")
    func zones() throws {
        var cluster = LiveCluster(Self.configuration([.zone]))
        func node(_ zone: String, _ address: String = "") -> String {
            "{kind: Node, metadata: {name: n, labels: {topology.kubernetes.io/zone: \(zone)}}, status: {addresses: [\(address)]}}"
        }
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", status: ", hostIP: 192.0.2.1"), at: 0)
        cluster.put(try LiveCluster.pod("b", "10.0.0.2", node: "m", status: ", hostIP: 192.0.2.2"), at: 0)
        let first = cluster.publish(at: 0)
        #expect(try first.more("10.0.0.1") == [] && first.more("192.0.2.1") == [])
        try cluster.put(node("eu-1", "{type: InternalIP, address: 192.0.2.9}"), at: 1)
        let second = cluster.publish(at: 1)
        for address in ["10.0.0.1", "192.0.2.1", "192.0.2.9"] { #expect(try second.more(address) == ["eu-1"], "\(address)") }
        #expect(try second.entry("10.0.0.2").number == first.entry("10.0.0.2").number)
        try cluster.put(node("eu-2", "{type: InternalIP, address: 192.0.2.9}"), at: 2)
        let third = cluster.publish(at: 2)
        for address in ["10.0.0.1", "192.0.2.1", "192.0.2.9"] { #expect(try third.more(address) == ["eu-2"], "\(address)") }
        // A node that goes before its pods: they were where they were.
        cluster.identity.removeNode("n", at: LiveCluster.time(3))
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", metadata: ", labels: {x: y}", status: ", hostIP: 192.0.2.1"), at: 3)
        #expect(try cluster.publish(at: 3).more("10.0.0.1") == ["eu-2"])
        cluster.remove("a", at: 4)
        cluster.put(try LiveCluster.pod("c", "10.0.0.3", node: "n"), at: 5)
        #expect(try cluster.publish(at: 5).more("10.0.0.3") == [], "nobody remembers the node")
    }

    private static let service = """
        {kind: Service, metadata: {namespace: shop, name: web, labels: {app: store}}, spec: {clusterIP: 172.30.0.80, selector: {app: web}, ports: [{port: 80}]}}
        """
    private static func slice(_ name: String, _ addresses: String) -> String {
        """
        {kind: EndpointSlice, metadata: {namespace: shop, name: \(name), labels: {kubernetes.io/service-name: web}}, addressType: IPv4,
         ports: [{port: 8080}], endpoints: [{addresses: [\(addresses)]}]}
        """
    }

    @Test("A Service is of the workload that all pods behind it are of, in whatever order they come")
    func services() throws {
        func pod(_ name: String, _ address: String, of owner: String) throws -> Pod {
            try LiveCluster.pod(name, address, metadata: ", ownerReferences: [{kind: ReplicaSet, name: \(owner), controller: true}]")
        }
        var cluster = LiveCluster(Self.configuration([.workload, .app]))
        try cluster.put(Self.slice("web-1", "10.0.0.1"), at: 0)
        try cluster.put(Self.service, at: 0)
        #expect(try cluster.publish(at: 0).more("172.30.0.80") == ["", "store"])
        cluster.put(try pod("web-7d9c-x", "10.0.0.1", of: "web-7d9c"), at: 1)
        #expect(try cluster.publish(at: 1).more("172.30.0.80") == ["web-7d9c", "store"])
        try cluster.put(Self.deployment, at: 2)
        #expect(try cluster.publish(at: 2).more("172.30.0.80") == ["web", "store"])
        try cluster.put(Self.slice("web-2", "10.0.0.2, 10.0.0.3"), at: 3)
        #expect(try cluster.publish(at: 3).more("172.30.0.80") == ["web", "store"], "of those nothing is known")
        cluster.put(try pod("canary-x", "10.0.0.2", of: "canary"), at: 4)
        #expect(try cluster.publish(at: 4).more("172.30.0.80") == ["", "store"])
        cluster.remove("canary-x", at: 5)
        #expect(try cluster.publish(at: 5).more("172.30.0.80") == ["web", "store"])
        cluster.put(try LiveCluster.pod("bare", "10.0.0.3"), at: 6)
        #expect(try cluster.publish(at: 6).more("172.30.0.80") == ["", "store"])
        cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: "web-2"), at: LiveCluster.time(7))
        #expect(try cluster.publish(at: 7).more("172.30.0.80") == ["web", "store"])
    }

    @Test("A Service without slices is of the workload of the pods that it selects")
    func selected() throws {
        var cluster = LiveCluster(selectsPods: true, Self.configuration([.workload]))
        try cluster.put(Self.service, at: 0)
        cluster.put(try LiveCluster.pod("web-7d9c-x", "10.0.0.1", metadata: Self.replicaSet + ", labels: {app: web}"), at: 0)
        #expect(try cluster.publish(at: 0).more("172.30.0.80") == ["web-7d9c"])
        try cluster.put(Self.deployment, at: 1)
        #expect(try cluster.publish(at: 1).more("10.0.0.1") == ["web"])
    }

    @Test("A pod on the host network that only a slice knows by its ports is named anew, too")
    func hostPorts() throws {
        var cluster = LiveCluster(Self.configuration([.workload]))
        let slice = """
            {kind: EndpointSlice, metadata: {namespace: shop, name: e, labels: {kubernetes.io/service-name: web}}, addressType: IPv4,
             ports: [{port: 9100}], endpoints: [{addresses: [192.0.2.1], targetRef: {kind: Pod, namespace: shop, name: e-x}}]}
            """
        try cluster.put(Self.service, at: 0)
        try cluster.put(slice, at: 0)
        cluster.put(
            try LiveCluster.pod("e-x", "192.0.2.1", node: "n", spec: ", hostNetwork: true", metadata: Self.replicaSet, status: ", hostIP: 192.0.2.1"),
            at: 0)
        func workload(_ table: LiveSnapshot) throws -> [String] {
            table.registry.labels(
                of: table.snapshot.lookup(try #require(IPAddress("192.0.2.1")), port: 9100, protocolNumber: 6, at: .unknown, seenOn: nil).number
            ).more
        }
        let first = cluster.publish(at: 0)
        #expect(try workload(first) == ["web-7d9c"] && first.more("172.30.0.80") == ["web-7d9c"])
        try cluster.put(Self.deployment, at: 1)
        let second = cluster.publish(at: 1)
        #expect(try workload(second) == ["web"])
        #expect(try second.name("192.0.2.1", port: 9100) == "shop/e-x")
    }

    @Test("What is left out is reserved:other, and never gone; its workloads are nobody's")
    func leftOut() throws {
        var configuration = Self.configuration([.workload])
        configuration.labels.namespaces.exclude = ["sho?"]
        var cluster = LiveCluster(grace: 1, configuration)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600, metadata: Self.replicaSet, status: ", hostIP: 192.0.2.1"), at: 0)
        try cluster.put(Self.service, at: 0)
        let table = cluster.publish(at: 0)
        #expect(try table.entry("10.0.0.1").number == .other && table.entry("10.0.0.1").kind == .pod)
        #expect(try table.entry("172.30.0.80").number == .other)
        #expect(table.snapshot.workload(of: .other) == nil)
        cluster.remove("a", at: 10)
        for second in 11..<40 {
            _ = cluster.publish(at: Double(second))
            #expect(cluster.identity.takeGone(at: LiveCluster.time(Double(second)))?.numbers.contains(.other) != true)
        }
    }

    @Test("Whatever becomes known when: the numbers are those of a table that knows all at once, and all holds are gone with the table")
    func anyOrder() throws {
        let labels = Self.configuration([.workload, .workloadKind, .node, .zone, .app], pods: ["team"])
        func objects(_ random: inout SeededGenerator) -> [String] {
            var objects: [String] = []
            for number in 0..<6 {
                objects.append(
                    """
                    {kind: Pod, metadata: {namespace: shop, name: p\(number), uid: "\(number)", labels: {team: t\(random.next() % 2), app: a\(random.next() % 2)},
                     ownerReferences: [{kind: ReplicaSet, name: r\(random.next() % 2), controller: true}]},
                     spec: {nodeName: n\(random.next() % 2)}, status: {phase: Running, podIP: 10.0.0.\(number + 1), hostIP: 192.0.2.9}}
                    """)
            }
            for number in 0..<2 {
                objects.append("{kind: Node, metadata: {name: n\(number), labels: {topology.kubernetes.io/zone: z\(random.next() % 3)}}}")
                objects.append(
                    """
                    {kind: ReplicaSet, metadata: {namespace: shop, name: r\(number), ownerReferences: [{kind: Deployment, name: d\(random.next() % 2),
                     controller: true}]}}
                    """)
                objects.append(Self.slice("web-\(number)", "10.0.0.\(random.next() % 6 + 1), 10.0.0.\(random.next() % 6 + 1)"))
            }
            objects.append(Self.service)
            return objects
        }
        func shuffled(_ objects: [String], _ random: inout SeededGenerator) -> [String] {
            objects.map { ($0, random.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
        }
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            var cluster = LiveCluster(grace: 5, labels)
            // Another state first, then the one that counts, object by object.
            for object in shuffled(objects(&random), &random) { try cluster.put(object, at: 0) }
            _ = cluster.publish(at: 0)
            let last = objects(&random)
            for (second, object) in shuffled(last, &random).enumerated() {
                try cluster.put(object, at: Double(second))
                if second % 3 == 0 { _ = cluster.publish(at: Double(second)) }
            }
            var whole = LiveCluster(labels)
            for object in last { try whole.put(object, at: 0) }
            do {
                let (table, expected) = (cluster.publish(at: 20), whole.publish(at: 20))
                for address in (1...6).map({ "10.0.0.\($0)" }) + ["172.30.0.80"] {
                    #expect(try table.more(address) == expected.more(address), "\(address)")
                }
            }
            for number in 0..<6 { cluster.remove("p\(number)", at: 30) }
            cluster.identity.removeService(ObjectName(namespace: "shop", name: "web"), at: LiveCluster.time(30))
            var latest = cluster.publish(at: 60)
            latest = cluster.publish(at: 61)
            _ = cluster.identity.takeGone(at: LiveCluster.time(90))
            #expect(LiveCluster.isEmpty(cluster.registry))
            #expect(latest.snapshot.endpointCount == 0)
        }
    }

    @Test("A file names ReplicaSets and Jobs, too")
    func file() throws {
        let identity = try TestIdentity(
            """
            - \(Self.service.replacing("\n", with: ""))
            - {kind: Pod, metadata: {namespace: shop, name: a, labels: {app: web}\(Self.replicaSet)}, status: {podIP: 10.0.0.1}}
            - \(Self.deployment)
            """, Self.configuration([.workload]))
        #expect(identity.registry.labels(of: try identity.entry("10.0.0.1").number).more == ["web"])
        #expect(identity.registry.labels(of: try identity.entry("172.30.0.80").number).more == ["web"])
    }

    @Test("A part of an endpoint's traffic holds the endpoint, and is gone with it")
    func parts() {
        let registry = EndpointRegistry()
        let whole = registry.hold(EndpointLabels(namespace: "shop", pod: "a"))
        let part = registry.hold(partOf: whole, endNames: 2, flow: ["tcp", "443"])
        #expect(registry.hold(partOf: whole, endNames: 2, flow: ["tcp", "443"]) == part)
        #expect(registry.labels(of: part) == EndpointLabels(namespace: "shop", pod: "a", more: ["", "", "tcp", "443"]))
        #expect(registry.withParts([whole]) == [whole, part] && registry.withParts([.world]) == [.world])
        registry.release(whole)
        #expect(registry.isKnown(EndpointLabels(namespace: "shop", pod: "a")))
        registry.release(part)
        registry.release(part)
        #expect(!registry.isKnown(EndpointLabels(namespace: "shop", pod: "a")))
        #expect(registry.withParts([whole]) == [whole])
    }
}

@Suite("The registry of label sets")
struct EndpointRegistryTests {
    @Test("Whatever is held and let go of, a label set has one number as long as somebody holds it, and no two have the same")
    func numbers() {
        let registry = EndpointRegistry()
        var random = SeededGenerator(seed: 5)
        var holds: [EndpointLabels: (number: EndpointNumber, count: Int)] = [:]
        for _ in 0..<30_000 {
            let labels = EndpointLabels(namespace: "n\(random.next() % 5)", pod: "p\(random.next() % 200)", more: random.next() % 3 == 0 ? ["x"] : [])
            if random.next() % 2 == 0 {
                let number = registry.hold(labels)
                #expect(holds[labels].map { $0.number == number } ?? true)
                holds[labels] = (number, (holds[labels]?.count ?? 0) + 1)
            } else if let held = holds[labels] {
                registry.release(held.number)
                holds[labels] = held.count > 1 ? (held.number, held.count - 1) : nil
            }
            #expect(registry.isKnown(labels) == (holds[labels] != nil))
        }
        #expect(holds.allSatisfy { registry.labels(of: $0.value.number) == $0.key })
        #expect(Set(holds.values.map(\.number)).count == holds.count)
    }
}

@Suite("Which namespaces are exposed")
struct NamespaceFilterTests {
    private func filter(_ include: [String], _ exclude: [String]) -> NamespaceFilter {
        var filter = NamespaceFilter()
        filter.include = include
        filter.exclude = exclude
        return filter
    }

    @Test(
        "A star stands for any text, a question mark for any character",
        arguments: [
            ("shop", "shop", true), ("shop", "sho", false), ("shop", "*", true), ("team-red", "team-*", true), ("team-", "team-*", true),
            ("team", "team-*", false), ("kube-system", "*-system", true), ("a-system-b", "*-system", false), ("ci-1", "ci-?", true),
            ("ci-12", "ci-?", false), ("abcabd", "*abd", true), ("aab", "a*b*", true), ("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*a*a*b", false),
            ("x", "", false),
        ])
    func patterns(name: String, pattern: String, matches: Bool) {
        #expect(filter([pattern], []).admits(name) == matches)
        #expect(filter([], [pattern]).admits(name) != matches)
    }

    @Test("What is included may be excluded again; Weir's own names are always taken")
    func both() {
        #expect(filter([], []).admits("shop"))
        #expect(filter(["team-*"], ["team-test"]).admits("team-red"))
        #expect(!filter(["team-*"], ["team-test"]).admits("team-test"))
        #expect(!filter(["team-*"], []).admits("shop"))
        #expect(filter(["shop"], ["*"]).admits("reserved:world"))
    }
}

@Suite("Where something listens")
struct ServicePortTests {
    @Test("A Service's port at its address, the port behind it, and a container's; for as long as flows may be late")
    func places() throws {
        var configuration = IdentityConfiguration()
        configuration.labels.labels = [.servicePort]
        var cluster = LiveCluster(grace: 10, configuration)
        let ports = ", containers: [{ports: [{containerPort: 8080}, {containerPort: 53, protocol: UDP}]}]"
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", spec: ports, status: ", hostIP: 192.0.2.1"), at: 0)
        try cluster.put(
            """
            {kind: Service, metadata: {namespace: shop, name: web}, spec: {clusterIP: 172.30.0.80, ports: [{port: 80, nodePort: 30080}]}}
            """, at: 0)
        try cluster.put(
            """
            {kind: EndpointSlice, metadata: {namespace: shop, name: web-1, labels: {kubernetes.io/service-name: web}}, addressType: IPv4,
             ports: [{port: 9000}], endpoints: [{addresses: [10.0.0.1]}]}
            """, at: 0)
        func listens(_ table: LiveSnapshot, _ place: String, _ number: UInt8 = 6) throws -> Bool {
            table.snapshot.isServicePort(try TransportAddress(place, protocolNumber: number))
        }
        let table = cluster.publish(at: 0)
        for place in ["10.0.0.1:8080", "10.0.0.1:9000", "172.30.0.80:80", "192.0.2.1:30080"] { #expect(try listens(table, place), "\(place)") }
        #expect(try listens(table, "10.0.0.1:53", 17))
        for place in ["10.0.0.1:53", "10.0.0.2:8080", "172.30.0.80:8080", "10.0.0.1:30080", "10.0.0.1:1"] {
            #expect(try !listens(table, place), "\(place)")
        }
        cluster.remove("a", at: 20)
        cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: "web-1"), at: LiveCluster.time(20))
        #expect(try listens(cluster.publish(at: 20), "10.0.0.1:8080") && listens(cluster.publish(at: 29), "10.0.0.1:9000"))
        let after = cluster.publish(at: 31)
        #expect(try !listens(after, "10.0.0.1:8080") && !listens(after, "10.0.0.1:9000"))
        #expect(try listens(after, "172.30.0.80:80"))
    }

    @Test("Nothing of it is kept while the label is off")
    func off() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", spec: ", containers: [{ports: [{containerPort: 8080}]}]"), at: 0)
        #expect(try !cluster.publish(at: 0).snapshot.isServicePort(TransportAddress("10.0.0.1:8080")))
    }
}
