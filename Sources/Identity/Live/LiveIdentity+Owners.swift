import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// Takes in which object looks after another one: a Deployment after a ReplicaSet, a CronJob after a Job. nil: none does.
    package mutating func noteOwner(_ owner: Workload?, ofKind kind: String, _ name: ObjectName, at now: Timestamp) {
        let object = OwnedObject(namespace: name.namespace, object: Workload(kind: kind, name: name.name))
        guard content.owners.set(owner, of: object) else { return }
        ownersHaveChanged = true
        nameAnew(named.podsOfOwners[object], at: now)
    }

    /// Takes in that an object is gone that may have looked after pods.
    package mutating func forgetOwner(ofKind kind: String, _ name: ObjectName, at now: Timestamp) {
        forget(OwnedObject(namespace: name.namespace, object: Workload(kind: kind, name: name.name)), at: now)
    }

    /// Takes in a ReplicaSet that is new or has changed.
    package mutating func put(_ replicaSet: ReplicaSet, at now: Timestamp) {
        noteOwner(replicaSet.metadata.workload, ofKind: "ReplicaSet", ObjectName(replicaSet.metadata), at: now)
    }

    /// Takes in a Job that is new or has changed.
    package mutating func put(_ job: Job, at now: Timestamp) {
        noteOwner(job.metadata.workload, ofKind: "Job", ObjectName(job.metadata), at: now)
    }

    /// Takes in all objects of a kind there are that may look after pods (of one namespace, where that is named): what is not among them is gone.
    package mutating func replaceOwners(_ all: [ObjectMetadata], ofKind kind: String, in namespace: String? = nil, at now: Timestamp) {
        let there = Set(all.map { ObjectName($0) })
        for object in content.owners.objects(ofKind: kind, in: namespace)
        where !there.contains(ObjectName(namespace: object.namespace, name: object.object.name)) {
            forget(object, at: now)
        }
        for metadata in all { noteOwner(metadata.workload, ofKind: kind, ObjectName(metadata), at: now) }
    }

    private mutating func forget(_ object: OwnedObject, at now: Timestamp) {
        guard content.owners.forget(object) else { return }
        ownersHaveChanged = true
        nameAnew(named.podsOfOwners[object], at: now)
    }

    /// What is left out has one number for all.
    mutating func note(owner: PodOwner?, ofPods number: EndpointNumber, in namespace: String) {
        guard !number.isPermanent, content.owners.set(owner, ofPods: number, in: namespace) else { return }
        ownersHaveChanged = true
    }
}

extension ObjectMetadata {
    /// The object that looks after this one.
    fileprivate var workload: Workload? { controller.map { Workload(kind: $0.kind, name: $0.name) } }
}
