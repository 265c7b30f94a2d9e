import FlowModel
import Foundation
import KubernetesObjects
import Support
import Testing

/// What `ObjectFileTests` leaves out: real files whole, the words of failures, aliases.
@Suite struct ObjectFailureTests {
    private func read(_ text: String, name: String = "pods.yaml") throws -> ObjectFile {
        try ObjectFile(Data(text.utf8), name: name)
    }

    private func failure(_ text: String, name: String = "pods.yaml") -> String? {
        do throws(ObjectFile.Failure) {
            _ = try ObjectFile(Data(text.utf8), name: name)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("The captures' List of pods is read as JSON")
    func pods() throws {
        let file = try ObjectFile(path: SharedFiles.captures.appending(path: "pods.json").path)
        #expect(file.pods.count == 10)
        let pod = try #require(file.pods.first { $0.metadata.name == "prometheus-k8s-0" })
        #expect(pod.metadata.namespace == "openshift-monitoring")
        #expect(pod.metadata.ownerReferences?.first?.kind == "StatefulSet")
        #expect(pod.addresses.map(\.description) == ["10.128.2.5", "fd01:0:0:2::5"])
        #expect(pod.hostAddresses.map(\.description) == ["192.168.126.11"])
        #expect(pod.spec?.nodeName == "worker-0.ocp.example.com")
        #expect(pod.status?.startTime?.timestamp == Timestamp(seconds: 1_795_161_605))
        #expect(file.pods.filter(\.isOnHostNetwork).count == 2)
        #expect(file.skipped == 0)
    }

    @Test("Nodes, Services and endpoint slices are read")
    func captures() throws {
        let folder = SharedFiles.captures.appending(path: "nat")
        let node = try #require(try ObjectFile(path: folder.appending(path: "nodes.json").path).nodes.first)
        #expect(node.addresses.map(\.description) == ["192.168.126.11"])
        #expect(node.podNetworks.map(\.description) == ["10.128.2.0/23"])
        #expect(node.metadata.annotations?["k8s.ovn.org/node-subnets"] == #"{"default":["10.128.2.0/23"]}"#)
        #expect(node.metadata.annotations?["k8s.ovn.org/node-mgmt-port-mac-address"] == nil, "no address")
        let services = try ObjectFile(path: folder.appending(path: "services.json").path).services
        #expect(services.map(\.metadata.name) == ["web", "dns-default", "web-old"])
        #expect(services[0].addresses.map(\.description) == ["172.30.0.80"])
        #expect(services[0].spec?.ports?.first?.targetPort == .number(8080))
        let slice = try #require(try ObjectFile(path: folder.appending(path: "endpointslices.json").path).endpointSlices.first)
        #expect(slice.serviceName == "web")
        #expect(slice.endpoints.flatMap(\.addresses).map(\.description) == ["10.128.2.7", "10.129.2.8"])
    }

    /// As `kubectl get pods,services -n shop -o yaml` prints it, shortened.
    private static let printed = """
        apiVersion: v1
        items:
        - apiVersion: v1
          kind: Pod
          metadata:
            annotations:
              k8s.v1.cni.cncf.io/network-status: |-
                [{
                    "name": "ovn-kubernetes",
                    "ips": [
                        "10.128.2.7"
                    ],
                    "default": true
                }]
              kubectl.kubernetes.io/last-applied-configuration: |
                {"apiVersion":"v1"}
            creationTimestamp: "2026-11-20T08:00:00Z"
            labels:
              app: web
              revision: "7"
            name: web-0
            namespace: shop
          spec:
            containers:
            - name: web
              ports:
              - containerPort: 8080
                name: http
                protocol: TCP
            nodeName: worker-0
          status:
            conditions:
            - lastProbeTime: null
              status: "True"
            hostIP: 192.168.126.11
            phase: Running
            podIP: 10.128.2.7
            podIPs:
            - ip: 10.128.2.7
            - ip: fd01:0:0:2::7
            startTime: "2026-11-20T08:00:05Z"
        - apiVersion: v1
          kind: Service
          metadata:
            name: web
            namespace: shop
          spec:
            clusterIP: 172.30.0.80
            clusterIPs:
            - 172.30.0.80
            externalIPs:
            - 198.51.100.7
            ports:
            - name: http
              nodePort: 30080
              port: 80
              protocol: TCP
              targetPort: http
            selector:
              app: web
            type: LoadBalancer
          status:
            loadBalancer:
              ingress:
              - ip: 203.0.113.9
                ipMode: VIP
              - hostname: web.example.org
        - apiVersion: v1
          kind: Secret
          metadata:
            name: token
            namespace: shop
        kind: List
        metadata:
          resourceVersion: ""

        """

    @Test("A List is read as kubectl prints it in YAML, and other kinds are skipped")
    func printed() throws {
        let file = try read(Self.printed)
        let pod = try #require(file.pods.first)
        #expect(pod.addresses.map(\.description) == ["10.128.2.7", "fd01:0:0:2::7"])
        #expect(pod.metadata.labels == ["app": "web", "revision": "7"])
        #expect(pod.metadata.annotations?.keys.sorted() == ["k8s.v1.cni.cncf.io/network-status"], "others are not kept")
        #expect(pod.ports.first?.name == "http" && pod.ports.first?.containerPort.rawValue == 8080)
        let service = try #require(file.services.first)
        #expect(service.addresses.map(\.description) == ["172.30.0.80", "198.51.100.7", "203.0.113.9"])
        #expect(service.spec?.ports?.first?.targetPort == .name("http"))
        #expect(file.skipped == 1)
    }

    @Test("A pod without an address is fine")
    func pending() throws {
        let file = try read("kind: Pod\nmetadata: {name: p, namespace: n}\nstatus: {phase: Pending, podIP: null}\n")
        #expect(file.pods.first?.addresses == [])
        #expect(file.pods.first?.hasEnded == false)
    }

    @Test("Words that YAML 1.1 takes for something else stay words")
    func words() throws {
        let file = try read("kind: Pod\nmetadata:\n  name: no\n  namespace: 1_000\n  labels: {a: on, b: '7', c: 12:30, 8: !!str 9}\n")
        #expect(file.pods.first?.metadata.name == "no")
        #expect(file.pods.first?.metadata.namespace == "1_000")
        #expect(file.pods.first?.metadata.labels == ["a": "on", "b": "7", "c": "12:30", "8": "9"])
    }

    @Test(
        "What is wrong is named with file, line and key",
        arguments: [
            ("podIP: x", #"pods.yaml:9: items[1].status.podIP: "x" is not an address (10.128.2.9, fd01:0:0:2::9)"#),
            ("podIP: 10.0.0.0/8", #"pods.yaml:9: items[1].status.podIP: "10.0.0.0/8" is not an address (10.128.2.9, fd01:0:0:2::9)"#),
            ("podIP: 12", "pods.yaml:9: items[1].status.podIP: expected text, found 12"),
            ("podIPs: 10.0.0.1", "pods.yaml:9: items[1].status.podIPs: expected a list, found 10.0.0.1"),
            ("podIPs: [{ip: 10.0.0.1}, {}]", "pods.yaml:9: items[1].status.podIPs[1].ip: is missing"),
            ("startTime: yesterday", #"pods.yaml:9: items[1].status.startTime: "yesterday" is not a time (2026-11-20T08:00:05Z)"#),
            ("phase: [Running]", "pods.yaml:9: items[1].status.phase: expected text, found a list"),
        ])
    func wrong(line: String, message: String) {
        let text = """
            kind: List
            items:
            - kind: Node
              metadata: {name: a}
            - kind: Pod
              metadata:
                name: p
              status:
                \(line)
            """
        #expect(failure(text) == message)
    }

    @Test("What is wrong in JSON is named with its line, too")
    func wrongJSON() {
        let text = """
            {
              "kind": "List",
              "items": [
                {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [
                  {"port": 80},
                  {"port": 70000}
                ]}}
              ]
            }
            """
        #expect(failure(text, name: "pods.json") == "pods.json:6: items[0].spec.ports[1].port: 70000 is not a port number (0 to 65535)")
        let missing = "{\n\"kind\": \"List\",\n\"items\": [\n{\"metadata\": {}}]}"
        #expect(failure(missing, name: "pods.json") == "pods.json:4: items[0].kind: is missing")
        let surrogates = #"{"kind": "Pod", "metadata": {"name": 7, "labels": {"a": "\ud83d\ude00"}}}"#
        #expect(failure(surrogates, name: "pods.json") == "pods.json: metadata.name: expected text", "JSON that libyaml refuses")
    }

    @Test(
        "What is no list of objects is refused",
        arguments: [
            ("", "pods.yaml: is empty; expected a List of pods, nodes and services"),
            ("\n# a comment\n", "pods.yaml: is empty; expected a List of pods, nodes and services"),
            ("hello", "pods.yaml:1: expected keys and values, found hello"),
            ("kind: List\nitems: 7\n", "pods.yaml:2: items: expected a list, found 7"),
            ("kind: Pod\nmetadata:\n\tname: x\n", "pods.yaml:3: is neither YAML nor JSON: found character that cannot start any token"),
            ("kind: Pod\nmetadata: {name: a}\nkind: Node\n", "pods.yaml:1: kind: is given twice"),
            ("{\"kind\": \"Pod\",\n\"metadata\": [}", "pods.yaml:2: is neither YAML nor JSON: did not find expected node content"),
        ])
    func refused(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test("Aliases are followed, but not without end")
    func aliases() throws {
        let file = try read("kind: Pod\nmetadata: {name: &n web, namespace: *n}\n")
        #expect(file.pods.first?.metadata.namespace == "web")
        var laughs = "kind: List\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 { laughs += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n" }
        #expect(failure(laughs) == "pods.yaml:1: its aliases make it too large; write the values out")
    }

    @Test("A file that cannot be read says why")
    func absent() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("pods.yaml")
        do throws(ObjectFile.Failure) {
            _ = try ObjectFile(path: path)
            Issue.record("there is no such file")
        } catch {
            #expect(error.description == "\(path): cannot be read: No such file or directory")
        }
    }
}
