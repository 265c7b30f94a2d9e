import Foundation
import KubernetesObjects
import Support
import Testing

@Suite struct ObjectFileTests {
    private func read(_ text: String) throws -> ObjectFile {
        try ObjectFile(Data(text.utf8), name: "pods.yaml")
    }

    private func failure(_ text: String) -> String {
        do {
            _ = try read(text)
            return "no failure"
        } catch {
            return "\(error)"
        }
    }

    private let pod = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"n"},"status":{"podIPs":[{"ip":"10.0.0.1"}]}}"#

    @Test("A List holds objects of all kinds, in YAML as in JSON, and those that are not read are counted")
    func list() throws {
        let yaml = """
            # kubectl get pods,services,nodes,endpointslices,configmaps -A -o yaml
            apiVersion: v1
            kind: List
            items:
            - {kind: Pod, apiVersion: v1, metadata: {name: a, namespace: n}}
            - {kind: Node, apiVersion: v1, metadata: {name: node-1}}
            - {kind: Service, apiVersion: v1, metadata: {name: s, namespace: n}}
            - {kind: EndpointSlice, metadata: {name: s-1, labels: {kubernetes.io/service-name: s}}, endpoints: null, ports: null}
            - {kind: ConfigMap, metadata: {name: c}, data: [1, 2]}
            """
        let json = """
            {"kind": "List", "items": [\(pod), {"kind": "Node", "metadata": {"name": "node-1"}}, {"kind": "Service", "metadata": {"name": "s"}},
              {"kind": "EndpointSlice", "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}}}, {"kind": "Secret"}]}
            """
        for text in [yaml, json] {
            let file = try read(text)
            #expect(file.pods.map(\.metadata.name) == ["a"])
            #expect(file.nodes.map(\.metadata.name) == ["node-1"])
            #expect(file.services.map(\.metadata.name) == ["s"])
            #expect(file.endpointSlices.map(\.serviceName) == ["s"])
            #expect(file.skipped == 1)
        }
    }

    @Test("The items of a typed list need no kind of their own")
    func typedLists() throws {
        #expect(try read(#"{"kind":"PodList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"#).pods.count == 2)
        #expect(try read("kind: NodeList\nitems: [{metadata: {name: a}}]").nodes.count == 1)
        #expect(try read("kind: ServiceList\nitems: [{metadata: {name: a}}]").services.count == 1)
        #expect(try read("kind: EndpointSliceList\nitems: [{metadata: {name: a}}]").endpointSlices.count == 1)
        #expect(try read("kind: List\nitems: [{kind: PodList, items: [{metadata: {name: a}}]}, {kind: List, items: []}]").pods.count == 1)
    }

    @Test("Namespaces, and the owners of owners, are read as far as their metadata goes")
    func owners() throws {
        let file = try read(
            """
            kind: List
            items:
            - {kind: Namespace, metadata: {name: shop, labels: {team: a}, deletionTimestamp: 2026-11-20T08:00:05Z}, spec: {finalizers: [kubernetes]}}
            - kind: ReplicaSet
              metadata:
                name: web-5f
                ownerReferences:
                - {kind: Mirror, name: other, uid: v}
                - {kind: Deployment, name: web, uid: u, controller: true}
              spec: {replicas: 2}
            - {kind: Job, metadata: {name: tick-1, ownerReferences: [{kind: CronJob, name: tick, controller: true}]}}
            - {kind: JobList, items: [{metadata: {name: once}}]}
            - {kind: ReplicaSetList, items: [{metadata: {name: bare}}]}
            - {kind: NamespaceList, items: null}
            """)
        #expect(file.namespaces.map(\.metadata.labels) == [["team": "a"]])
        #expect(file.namespaces.first?.metadata.deletionTimestamp?.timestamp.seconds == 1_795_161_605)
        #expect(file.replicaSets.map(\.metadata.controller?.name) == ["web", nil])
        #expect(file.replicaSets.first?.metadata.controller?.uid == "u")
        #expect(file.jobs.map(\.metadata.controller?.kind) == ["CronJob", nil])
        #expect(file.skipped == 0)
    }

    @Test("Several YAML documents are read together, empty ones among them")
    func yamlDocuments() throws {
        let file = try read(
            """
            ---
            kind: Pod
            metadata: {name: a}
            ---
            # nothing here
            ---
            kind: List
            items: [{kind: Pod, metadata: {name: b}}]
            ---
            """)
        #expect(file.pods.map(\.metadata.name) == ["a", "b"])
    }

    @Test("Several JSON documents are read together, as two calls of kubectl into one file leave them")
    func jsonDocuments() throws {
        #expect(try read("\(pod)\n\(pod)\n").pods.count == 2)
        #expect(try read("\(pod)\n---\n\(pod)\n").pods.count == 2)
        #expect(try read(#"{"kind":"Pod","metadata":{"name":"a","annotations":{"x":"}\"{"}}}"#).pods.count == 1)
        #expect(failure("\(pod)\n{\"kind\": \"Pod\",\n \"metadata\": []}").hasPrefix("pods.yaml:3: metadata: "))
        #expect(failure("{\"kind\": \"Pod\",\n \"metadata\": {\"name\": }]").hasPrefix("pods.yaml:2:"))
    }

    @Test("A mistake is named with its line and key")
    func mistakes() {
        let yaml = """
            kind: List
            items:
            - kind: Pod
              metadata:
                name: a
              status:
                podIPs: 10.0.0.1
            """
        #expect(failure(yaml).hasPrefix("pods.yaml:7: items[0].status.podIPs: "), "\(failure(yaml))")
        let json = """
            {"kind": "List",
             "items": [
               {"kind": "Service", "metadata": {"name": "s"},
                "spec": {"ports": [{"port": "http"}]}}]}
            """
        #expect(failure(json).hasPrefix("pods.yaml:4: items[0].spec.ports[0].port: "), "\(failure(json))")
        #expect(
            failure("kind: Pod\nmetadata:\n  namespace: n\n").hasPrefix("pods.yaml:3: metadata"),
            "\(failure("kind: Pod\nmetadata:\n  namespace: n\n"))")
        #expect(failure(#"{"items": []}"#).contains("kind"))
        let second = "kind: Pod\nmetadata: {name: a}\n---\nkind: Pod\nmetadata: {name: [b]}\n"
        #expect(failure(second).hasPrefix("pods.yaml:5: metadata.name: "), "\(failure(second))")
    }

    @Test("A file that breaks off in a later document is a mistake, not half a cluster")
    func brokenTail() {
        let text = "kind: Pod\nmetadata: {name: a}\n---\nkind: List\nitems: [\n"
        #expect(failure(text).hasPrefix("pods.yaml:6: is neither YAML nor JSON"), "\(failure(text))")
        #expect(failure("kind: Pod\nmetadata: {name: a, name: b}\n").hasPrefix("pods.yaml:2: name: is given twice"))
    }

    @Test("What is no document at all is a mistake, never a crash")
    func hostile() throws {
        #expect(failure("").contains("empty"))
        #expect(failure("\n# only a remark\n").contains("empty"))
        for text in [
            "[1, 2]", "just words", "{", "{\"kind\": \"Pod\"", "kind: [", "\t", "kind: Pod\nmetadata: *unknown", "\u{0}\u{1}", "{\"kind\":\"List\"}",
        ] {
            #expect(failure(text).hasPrefix("pods.yaml"), "\(text): \(failure(text))")
        }
        #expect(failure(String(repeating: "[", count: 100_000)).hasPrefix("pods.yaml"))
        #expect(failure("{\"kind\":" + String(repeating: "[", count: 100_000)).hasPrefix("pods.yaml"))
        #expect(throws: ObjectFile.Failure.self) { try ObjectFile(Data([0xFF, 0xFE, 0x80, 0x7B]), name: "pods.yaml") }
        #expect(throws: ObjectFile.Failure.self) { try ObjectFile(path: "/nowhere/pods.yaml") }
    }

    @Test("A pod's state is read: its addresses, whether it has ended")
    func pods() throws {
        let file = try read(
            """
            kind: List
            items:
            - {kind: Pod, metadata: {name: dual}, status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}}
            - {kind: Pod, metadata: {name: single}, status: {podIP: 10.0.0.2}}
            - {kind: Pod, metadata: {name: job}, status: {phase: Succeeded, podIP: 10.0.0.3}}
            - {kind: Pod, metadata: {name: crash}, status: {phase: Failed}}
            - {kind: Pod, metadata: {name: new}}
            """)
        #expect(file.pods.map { $0.addresses.map(\.description) } == [["10.0.0.1", "fd00::1"], ["10.0.0.2"], ["10.0.0.3"], [], []])
        #expect(file.pods.map(\.hasEnded) == [false, false, true, true, false])
    }

    @Test("A Service's addresses are those under which it is dialled; headless ones have none")
    func services() throws {
        let file = try read(
            """
            kind: List
            items:
            - kind: Service
              metadata: {name: all}
              spec:
                clusterIP: 10.96.0.1
                clusterIPs: [10.96.0.1, "fd02::1"]
                externalIPs: [192.0.2.1]
                ports: [{port: 80, targetPort: 8080}, {name: web, port: 81, targetPort: http}]
              status: {loadBalancer: {ingress: [{ip: 192.0.2.2}, {hostname: example.org}]}}
            - {kind: Service, metadata: {name: headless}, spec: {clusterIP: None, clusterIPs: [None]}}
            """)
        #expect(file.services.map { $0.addresses.map(\.description) } == [["10.96.0.1", "fd02::1", "192.0.2.1", "192.0.2.2"], []])
        #expect(file.services.first?.spec?.ports?.map(\.targetPort) == [.number(8080), .name("http")])
    }

    @Test("The captures' own list is read")
    func captures() throws {
        #expect(try ObjectFile(path: SharedFiles.captures.appending(path: "pods.json").path).pods.count > 3)
        #expect(try ObjectFile(path: SharedFiles.captures.appending(path: "nat/services.json").path).services.isEmpty == false)
    }
}
