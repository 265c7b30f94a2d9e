import FlowModel
import KubernetesObjects

/// How a table names its ends, made ready from the configuration.
struct Labelling: Sendable {
    let namespaces: NamespaceFilter
    /// Of ends, in the order in which they are exposed.
    private let labels: [LabelsConfiguration.Label]
    let podLabels: [String]
    /// Whether ends have more labels than namespace and pod.
    let isOn: Bool
    let wantsWorkloads: Bool
    let wantsZones: Bool
    let wantsApps: Bool
    /// Whether it is to be known which ports containers have.
    let wantsPorts: Bool

    init(_ configuration: LabelsConfiguration) {
        namespaces = configuration.namespaces
        labels = [.workload, .workloadKind, .node, .zone, .app].filter(configuration.labels.contains)
        podLabels = configuration.podLabels
        isOn = !labels.isEmpty || !podLabels.isEmpty
        wantsWorkloads = configuration.wantsOwners
        wantsZones = labels.contains(.zone)
        wantsApps = labels.contains(.app)
        wantsPorts = configuration.labels.contains(.servicePort)
    }

    /// The values of an end's labels, in their order; none where all of them are empty, so that an end of which nothing is known has one number, whoever
    /// names it.
    func values(workload: Workload? = nil, node: String? = nil, zone: String? = nil, app: String? = nil, podLabels: [String] = []) -> [String] {
        var values: [String] = []
        values.reserveCapacity(labels.count + self.podLabels.count)
        for label in labels {
            switch label {
            case .workload: values.append(workload?.name ?? "")
            case .workloadKind: values.append(workload?.kind ?? "")
            case .node: values.append(node ?? "")
            case .zone: values.append(zone ?? "")
            case .app: values.append(app ?? "")
            case .protocol, .servicePort: break
            }
        }
        values += podLabels.isEmpty ? [String](repeating: "", count: self.podLabels.count) : podLabels
        return values.allSatisfy(\.isEmpty) ? [] : values
    }

    /// An object's label `app`: the recommended one, else the one that is older than that.
    static func app(_ metadata: ObjectMetadata) -> String {
        metadata.labels?["app.kubernetes.io/name"] ?? metadata.labels?["app"] ?? ""
    }
}

/// What is kept of a pod to name it by, and of its ports; only where labels need it.
final class PodFacts: Sendable, Equatable {
    struct Port: Sendable, Equatable {
        var port: UInt16
        /// IP protocol number.
        var protocolNumber: UInt8
    }

    let owner: PodOwner?
    let nodeName: String?
    let app: String
    /// In the order of the configuration.
    let podLabels: [String]
    let ports: [Port]

    init(_ pod: Pod, node: String?, _ labelling: Labelling) {
        owner = PodOwner(pod.metadata)
        nodeName = labelling.isOn ? node : nil
        app = labelling.wantsApps ? Labelling.app(pod.metadata) : ""
        podLabels = labelling.podLabels.map { pod.metadata.labels?[$0] ?? "" }
        ports =
            labelling.wantsPorts && !pod.hasEnded && !pod.isOnHostNetwork
            ? pod.ports.map { Port(port: $0.containerPort.rawValue, protocolNumber: ($0.protocol ?? .tcp).number) } : []
    }

    static func == (left: PodFacts, right: PodFacts) -> Bool {
        left === right
            || (left.owner, left.nodeName, left.app) == (right.owner, right.nodeName, right.app) && left.podLabels == right.podLabels
                && left.ports == right.ports
    }
}

/// Which objects are to be named anew when another one becomes known or changes; kept only where labels need it.
struct NamedAfter: Sendable {
    /// Pods of a ReplicaSet, a Job.
    private(set) var podsOfOwners: [OwnedObject: Set<ObjectName>] = [:]
    private(set) var podsOfNodes: [String: Set<ObjectName>] = [:]
    /// EndpointSlices that lead to an address.
    private(set) var slicesOfBackends: [IPAddress: Set<ObjectName>] = [:]
    /// EndpointSlices by which pods on the host network are known.
    private(set) var slicesOfHostPods: [ObjectName: Set<ObjectName>] = [:]
    private let byOwners: Bool
    private let byNodes: Bool

    init(_ labelling: Labelling) {
        byOwners = labelling.wantsWorkloads
        byNodes = labelling.wantsZones
    }

    mutating func change(_ pod: ObjectName, from old: PodFacts?, to new: PodFacts?) {
        if byOwners, old?.owner != new?.owner {
            if let owner = old?.owner {
                Self.remove(pod, from: &podsOfOwners, at: OwnedObject(namespace: pod.namespace, object: owner.controller))
            }
            if let owner = new?.owner {
                podsOfOwners[OwnedObject(namespace: pod.namespace, object: owner.controller), default: []].insert(pod)
            }
        }
        if byNodes, old?.nodeName != new?.nodeName {
            if let node = old?.nodeName { Self.remove(pod, from: &podsOfNodes, at: node) }
            if let node = new?.nodeName { podsOfNodes[node, default: []].insert(pod) }
        }
    }

    mutating func change(_ slice: ObjectName, from old: [IPAddress], to new: [IPAddress]) {
        for address in old { Self.remove(slice, from: &slicesOfBackends, at: address) }
        for address in new { slicesOfBackends[address, default: []].insert(slice) }
    }

    mutating func change(_ slice: ObjectName, fromHostPods old: some Sequence<ObjectName>, to new: some Sequence<ObjectName>) {
        for pod in old { Self.remove(slice, from: &slicesOfHostPods, at: pod) }
        for pod in new { slicesOfHostPods[pod, default: []].insert(slice) }
    }

    private static func remove<Key: Hashable>(_ name: ObjectName, from names: inout [Key: Set<ObjectName>], at key: Key) {
        names[key]?.remove(name)
        if names[key]?.isEmpty == true { names[key] = nil }
    }
}
