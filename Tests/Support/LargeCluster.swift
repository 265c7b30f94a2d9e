import Foundation

/// Pods of Deployments as an API server sends them: some 12 KB each, more than half of them managed fields.
package enum LargeCluster {
    private static let environment = (0..<12).map { #"{"name":"SETTING_\#($0)","value":"a value of some length, as settings have, \#($0)"}"# }
        .joined(separator: ",")
    private static let fields = (0..<90).map {
        #""k:{\"containerPort\":\#(8000 + $0),\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}"#
    }
    .joined(separator: ",")

    /// The address of a pod.
    package static func address(_ number: Int) -> String { "10.\(128 + number / 65_536).\(number / 256 % 256).\(number % 256)" }

    /// A pod, twenty of which are of one workload.
    package static func pod(_ number: Int) -> String {
        let workload = number / 20
        let uid = String(number, radix: 16)
        let address = address(number)
        return """
            {"metadata":{"name":"workload-\(workload)-5f6b8d7c9d-\(String(number, radix: 36))","generateName":"workload-\(workload)-5f6b8d7c9d-",\
            "namespace":"team-\(workload % 200)","uid":"\(padded(uid, 8))-3f2a-4c1b-9d8e-\(padded(uid, 12))",\
            "resourceVersion":"\(900_000 + number)",\
            "creationTimestamp":"2026-11-20T08:00:05Z","labels":{"app.kubernetes.io/name":"workload-\(workload)",\
            "app.kubernetes.io/component":"server",\
            "app.kubernetes.io/part-of":"shop","pod-template-hash":"5f6b8d7c9d","topology.kubernetes.io/zone":"zone-a"},\
            "annotations":{"k8s.ovn.org/pod-networks":"{\\"default\\":{\\"ip_addresses\\":[\\"10.128.2.9/23\\"],\\"mac_address\\":\\"0a:58:0a:80:02:09\\",\\"gateway_ips\\":[\\"10.128.2.1\\"]}}",\
            "openshift.io/scc":"restricted-v2","seccomp.security.alpha.kubernetes.io/pod":"runtime/default"},\
            "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"workload-\(workload)-5f6b8d7c9d",\
            "uid":"\(padded(String(workload, radix: 16), 8))-0000-4000-8000-000000000000","controller":true,"blockOwnerDeletion":true}],\
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

    private static func padded(_ text: String, _ length: Int) -> String {
        String(repeating: "0", count: max(0, length - text.count)) + text
    }
}
