/// An object that makes pods and looks after them, by itself or by way of others.
package struct Workload: Hashable, Sendable {
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `CronJob`, …
    package var kind: String
    package var name: String

    package init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }
}

/// Which object looks after which: a Deployment after ReplicaSets, these after pods.
struct OwnerTable: Sendable {
    private struct Object: Hashable, Sendable {
        var namespace: String
        var object: Workload
    }

    private var ofPods = PartedDictionary<EndpointNumber, Object>()
    private var ofObjects = PartedDictionary<Object, Workload>()

    /// Of a chain of owners, which is two long (CronJob, Job), so many are followed.
    private static let longestChain = 4

    /// Whether that is new.
    @discardableResult
    mutating func set(_ owner: Workload?, ofPods number: EndpointNumber, in namespace: String) -> Bool {
        let owner = owner.map { Object(namespace: namespace, object: $0) }
        guard ofPods[number] != owner else { return false }
        ofPods[number] = owner
        return true
    }

    mutating func set(_ owner: Workload?, of object: Workload, in namespace: String) {
        ofObjects[Object(namespace: namespace, object: object)] = owner
    }

    /// The last of the chain of owners, as far as it is known.
    func workload(of number: EndpointNumber) -> Workload? {
        guard var object = ofPods[number] else { return nil }
        for _ in 0..<Self.longestChain {
            guard let owner = ofObjects[object] else { break }
            object.object = owner
        }
        return object.object
    }
}
