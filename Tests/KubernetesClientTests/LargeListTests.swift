import FlowModel
import Foundation
import Glibc
import KubernetesClient
import Testing

/// What it costs to list a large cluster. `WEIR_PODS=100000` lists so many, 2,000 where it is not set.
@Suite("A large list", .serialized) struct LargeListTests {
    /// A pod of a Deployment as an API server sends it: some 8 KB, more than half of them managed fields.
    private static func pod(_ number: Int) -> String {
        let workload = number / 20
        let address = "10.\(128 + number / 65_536).\(number / 256 % 256).\(number % 256)"
        let environment = (0..<12).map { #"{"name":"SETTING_\#($0)","value":"a value of some length, as settings have, \#($0)"}"# }.joined(
            separator: ",")
        let fields = (0..<90).map { #""k:{\"containerPort\":\#(8000 + $0),\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}"# }
            .joined(separator: ",")
        return """
            {"metadata":{"name":"workload-\(workload)-5f6b8d7c9d-\(String(number, radix: 36))","generateName":"workload-\(workload)-5f6b8d7c9d-",\
            "namespace":"team-\(workload % 200)","uid":"\(String(format: "%08x-3f2a-4c1b-9d8e-%012x", number, number))",\
            "resourceVersion":"\(900_000 + number)",\
            "creationTimestamp":"2026-11-20T08:00:05Z","labels":{"app.kubernetes.io/name":"workload-\(workload)",\
            "app.kubernetes.io/component":"server",\
            "app.kubernetes.io/part-of":"shop","pod-template-hash":"5f6b8d7c9d","topology.kubernetes.io/zone":"zone-a"},\
            "annotations":{"k8s.ovn.org/pod-networks":"{\\"default\\":{\\"ip_addresses\\":[\\"10.128.2.9/23\\"],\\"mac_address\\":\\"0a:58:0a:80:02:09\\",\\"gateway_ips\\":[\\"10.128.2.1\\"]}}",\
            "openshift.io/scc":"restricted-v2","seccomp.security.alpha.kubernetes.io/pod":"runtime/default"},\
            "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"workload-\(workload)-5f6b8d7c9d",\
            "uid":"\(String(format: "%08x-0000-4000-8000-000000000000", workload))","controller":true,"blockOwnerDeletion":true}],\
            "managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-20T08:00:05Z",\
            "fieldsType":"FieldsV1",\
            "fieldsV1":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"server\\"}":{"f:ports":{\(fields)}}}}}}]},\
            "spec":{"volumes":[{"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,\
            "path":"token"}}],"defaultMode":420}}],\
            "containers":[{"name":"server",\
            "image":"registry.example.com/shop/workload@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",\
            "args":["--listen=:8080","--verbose"],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"},{"name":"metrics",\
            "containerPort":9090,"protocol":"TCP"}],\
            "env":[\(environment)],"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m","memory":"128Mi"}}}],\
            "restartPolicy":"Always","nodeName":"worker-\(number % 500).ocp.example.com","serviceAccountName":"default",\
            "tolerations":[{"key":"node.kubernetes.io/not-ready",\
            "operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]},\
            "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,\
            "lastTransitionTime":"2026-11-20T08:00:11Z"}],\
            "hostIP":"192.168.50.\(number % 250)","hostIPs":[{"ip":"192.168.50.\(number % 250)"}],\
            "podIP":"\(address)","podIPs":[{"ip":"\(address)"}],\
            "startTime":"2026-11-20T08:00:05Z","containerStatuses":[{"name":"server","ready":true,"restartCount":0,"state":{"running":{\
            "startedAt":"2026-11-20T08:00:10Z"}}}],\
            "qosClass":"Burstable"}}
            """
    }

    /// In a process of its own, so that nothing else is in the memory that it measures.
    @Test("Pods by the thousand are listed in bounded memory and time")
    func manyPods() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { Self.listManyPods() }
        print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self), terminator: "")
    }

    private static func listManyPods() {
        let count = Int(ProcessInfo.processInfo.environment["WEIR_PODS"] ?? "") ?? 2_000
        var octets = 0
        var kept: [ObjectChange] = []
        var machine = ListWatch(Scope(.pods), random: FixedRandom())
        let now = Timestamp(seconds: 1)
        let memory = residentOctets()
        var processor = 0.0
        func take(_ input: ListWatch.Input) {
            let start = processorSeconds()
            for action in machine.take(input, at: now) { if case .apply(let changes) = action { kept += changes } }
            processor += processorSeconds() - start
        }
        take(.start)
        for first in stride(from: 0, to: count, by: 500) {
            let numbers = first..<min(first + 500, count)
            let page = Array(
                Sample.list(
                    numbers.map(pod), version: 10, continue: numbers.upperBound < count ? "t" : nil, remaining: count - numbers.upperBound
                ).utf8)
            octets += page.count
            take(.head(status: 200, retryAfter: nil))
            // As large as libcurl's pieces.
            for start in stride(from: 0, to: page.count, by: 16 << 10) { take(.octets(Array(page[start..<min(start + (16 << 10), page.count)]))) }
            take(.end(.whole))
        }
        let grown = residentOctets() - memory
        #expect(machine.status.objects == count)
        #expect(grown < 30 << 20 || grown / count < 2_000, "\(grown) octets")
        let rate = Double(octets) / processor / 1e6
        print("\(count) pods of \(octets / count) octets: \(processor) s, \(rate) MB/s, \(Double(grown) / 1e6) MB more memory")
        withExtendedLifetime(kept) {}
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func residentOctets() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }
}
