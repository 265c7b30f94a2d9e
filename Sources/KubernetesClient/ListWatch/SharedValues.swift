import KubernetesObjects

/// Lets the objects of a list share what is the same in many of them: the labels of a workload's pods, the names of nodes and namespaces, owners,
/// ports.
struct SharedValues: Sendable {
    /// What has more different values is not the same in many; all that is known is forgotten then.
    private static let most = 32 << 10

    private var texts: Set<String> = []
    private var labels: Set<[String: String]> = []
    private var owners: [ObjectMetadata.OwnerReference]?
    private var containers: [Pod.Spec.Container]?

    /// Puts what an object seen before holds in the place of what equals it.
    mutating func share(in object: inout KubernetesObject) {
        switch object {
        case .pod(var pod):
            share(in: &pod.metadata)
            // Only their ports are kept: containers without any are as good as none.
            let hasPorts = !pod.ports.isEmpty
            if var spec = pod.spec {
                share(&spec.nodeName)
                if !hasPorts { spec.containers = nil }
                // Lists are sorted by name, so the pods of a workload stand together.
                if let own = spec.containers {
                    if own == containers { spec.containers = containers } else { containers = own }
                }
                pod.spec = spec
            }
            if var status = pod.status {
                share(&status.phase)
                pod.status = status
            }
            object = .pod(pod)
        case .replicaSet(var replicaSet):
            share(in: &replicaSet.metadata)
            object = .replicaSet(replicaSet)
        case .job(var job):
            share(in: &job.metadata)
            object = .job(job)
        case .node, .service, .endpointSlice:
            break
        }
    }

    private mutating func share(in metadata: inout ObjectMetadata) {
        share(&metadata.namespace)
        if let own = metadata.labels {
            if labels.count >= Self.most { labels.removeAll() }
            metadata.labels = labels.insert(own).memberAfterInsert
        }
        if metadata.annotations?.isEmpty ?? false { metadata.annotations = nil }
        if let own = metadata.ownerReferences {
            if own == owners { metadata.ownerReferences = owners } else { owners = own }
        }
    }

    private mutating func share(_ text: inout String?) {
        guard let own = text else { return }
        if texts.count >= Self.most { texts.removeAll() }
        text = texts.insert(own).memberAfterInsert
    }
}
