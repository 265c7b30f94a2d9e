import FlowModel

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
