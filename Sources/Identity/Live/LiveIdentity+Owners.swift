import KubernetesObjects

extension LiveIdentity {
    /// Takes in which object looks after another one: a Deployment after a ReplicaSet, a CronJob after a Job. nil: none does, or the object is gone.
    package mutating func noteOwner(_ owner: Workload?, ofKind kind: String, _ name: ObjectName) {
        content.owners.set(owner, of: Workload(kind: kind, name: name.name), in: name.namespace)
        ownersHaveChanged = true
    }

    mutating func note(owner: Workload?, ofPods number: EndpointNumber, in namespace: String) {
        guard content.owners.set(owner, ofPods: number, in: namespace) else { return }
        ownersHaveChanged = true
    }
}

extension ObjectMetadata {
    /// The object that looks after this one.
    var controller: Workload? {
        ownerReferences?.first { $0.controller == true }.map { Workload(kind: $0.kind, name: $0.name) }
    }
}
