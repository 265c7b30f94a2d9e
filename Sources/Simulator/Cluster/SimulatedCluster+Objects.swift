import FlowModel
import Foundation

extension SimulatedCluster {
    /// A `v1` List of its nodes, pods, jobs and Services, in JSON, as `kubectl get … -o json` would print it.
    package var objects: String {
        let objects: [Object] =
            nodes.map(Self.node) + existing.map(object) + jobs + workloads.enumerated().compactMap { service($0.offset, $0.element) }
        let list = List(items: objects)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return (try? encoder.encode(list)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }

    private struct List: Encodable {
        var apiVersion = "v1"
        var kind = "List"
        var items: [Object]
    }

    /// As much of any object as is needed here.
    private struct Object: Encodable {
        var apiVersion: String
        var kind: String
        var metadata: Metadata
        var spec: Spec?
        var status: Status?
    }

    private struct Metadata: Encodable {
        var name: String
        var namespace: String?
        var labels: [String: String]?
        var ownerReferences: [Owner]?
    }

    private struct Owner: Encodable {
        var apiVersion: String
        var kind: String
        var name: String
        var uid: String
        var controller = true
    }

    private struct Spec: Encodable {
        var podCIDR: String?
        var nodeName: String?
        var hostNetwork: Bool?
        var containers: [Container]?
        var clusterIP: String?
        var selector: [String: String]?
        var ports: [Port]?
    }

    private struct Container: Encodable {
        var name: String
        var ports: [Port]
    }

    private struct Port: Encodable {
        var name: String?
        var containerPort: UInt16?
        var port: UInt16?
        var `protocol`: String
    }

    private struct Status: Encodable {
        var addresses: [Address]?
        var phase: String?
        var podIP: String?
        var hostIP: String?
    }

    private struct Address: Encodable {
        var type: String
        var address: String
    }

    private static func node(_ node: Node) -> Object {
        let status = Status(addresses: [
            Address(type: "InternalIP", address: node.address.description), Address(type: "Hostname", address: node.name),
        ])
        return Object(
            apiVersion: "v1", kind: "Node", metadata: Metadata(name: node.name),
            spec: Spec(podCIDR: "\(IPAddress(v4: node.podNetwork))/24"), status: status)
    }

    private func object(_ pod: Pod) -> Object {
        let workload = pod.workload.map { workloads[$0] }
        var labels: [String: String]?
        if let workload {
            labels = ["app.kubernetes.io/name": workload.name]
            if workload.kind == .deployment { labels?["pod-template-hash"] = pod.generation }
        }
        let ports = (workload?.ports ?? []).map { port in
            [Port(containerPort: port, protocol: "TCP")] + (port == 53 ? [Port(containerPort: port, protocol: "UDP")] : [])
        }
        return Object(
            apiVersion: "v1", kind: "Pod",
            metadata: Metadata(
                name: pod.name, namespace: pod.namespace, labels: labels, ownerReferences: workload.map { [Self.owner(of: pod, $0)] }),
            spec: Spec(
                nodeName: nodes[pod.node].name, hostNetwork: workload?.isOnHostNetwork == true ? true : nil,
                containers: [Container(name: workload?.name ?? pod.name, ports: ports.flatMap { $0 })]),
            status: Status(phase: "Running", podIP: pod.address.description, hostIP: nodes[pod.node].address.description))
    }

    private static func owner(of pod: Pod, _ workload: SimulatedWorkload) -> Owner {
        let made = "\(workload.name)-\(pod.generation)"
        return switch workload.kind {
        case .deployment: Owner(apiVersion: "apps/v1", kind: "ReplicaSet", name: made, uid: "uid-\(workload.namespace)-\(made)")
        case .cronJob: Owner(apiVersion: "batch/v1", kind: "Job", name: made, uid: "uid-\(workload.namespace)-\(made)")
        case .statefulSet, .daemonSet:
            Owner(apiVersion: "apps/v1", kind: workload.kind.rawValue, name: workload.name, uid: "uid-\(workload.namespace)-\(workload.name)")
        }
    }

    private var jobs: [Object] {
        existing.compactMap { pod in
            guard let workload = pod.workload.map({ workloads[$0] }), workload.kind == .cronJob else { return nil }
            let owner = Owner(apiVersion: "batch/v1", kind: "CronJob", name: workload.name, uid: "uid-\(workload.namespace)-\(workload.name)")
            return Object(
                apiVersion: "batch/v1", kind: "Job",
                metadata: Metadata(name: "\(workload.name)-\(pod.generation)", namespace: workload.namespace, ownerReferences: [owner]))
        }
    }

    private func service(_ index: Int, _ workload: SimulatedWorkload) -> Object? {
        guard let port = workload.ports.first, workload.kind != .daemonSet else { return nil }
        let ports = [Port(name: "main", port: port, protocol: "TCP")] + (port == 53 ? [Port(name: "dns", port: port, protocol: "UDP")] : [])
        return Object(
            apiVersion: "v1", kind: "Service", metadata: Metadata(name: workload.name, namespace: workload.namespace),
            spec: Spec(
                clusterIP: IPAddress(v4: 0x0A60_0010 + UInt32(index)).description, selector: ["app.kubernetes.io/name": workload.name], ports: ports))
    }
}
