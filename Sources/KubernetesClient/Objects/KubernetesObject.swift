import FlowModel
import Foundation
import KubernetesObjects

/// An object of the API, as much of it as is kept.
package enum KubernetesObject: Sendable, Equatable {
    case pod(Pod)
    case node(Node)
    case service(Service)
    case endpointSlice(EndpointSlice)
    case replicaSet(ReplicaSet)
    case job(Job)

    /// Reads an object of a known resource.
    init(_ resource: Resource, from decoder: any Decoder) throws {
        switch resource {
        case .pods: self = .pod(try Pod(from: decoder))
        case .nodes: self = .node(try Node(from: decoder))
        case .services: self = .service(try Service(from: decoder))
        case .endpointSlices: self = .endpointSlice(try EndpointSlice(from: decoder))
        case .replicaSets: self = .replicaSet(try ReplicaSet(from: decoder))
        case .jobs: self = .job(try Job(from: decoder))
        }
    }

    /// The resource it is of.
    package var resource: Resource {
        switch self {
        case .pod: .pods
        case .node: .nodes
        case .service: .services
        case .endpointSlice: .endpointSlices
        case .replicaSet: .replicaSets
        case .job: .jobs
        }
    }

    /// Its name, namespace, labels and owners.
    package var metadata: ObjectMetadata {
        switch self {
        case .pod(let pod): pod.metadata
        case .node(let node): node.metadata
        case .service(let service): service.metadata
        case .endpointSlice(let slice): slice.metadata
        case .replicaSet(let replicaSet): replicaSet.metadata
        case .job(let job): job.metadata
        }
    }
}

/// What has changed in the cluster.
package enum ObjectChange: Sendable, Equatable {
    /// Some objects of a resource, of one namespace where that is given: they are there. The list's last ones follow with `replacing`; `isFirst`: it begins
    /// with these, and one that had begun before is none. Only for pods, of which there are too many to be kept until their list is complete.
    case listing(Resource, namespace: String?, [KubernetesObject], isFirst: Bool)
    /// All objects of a resource, of one namespace where that is given, but for those of the list that were given before: what was known of it and is not
    /// among them is gone. Given when the list is complete.
    case replacing(Resource, namespace: String?, [KubernetesObject])
    /// An object that is new, or has changed.
    case put(KubernetesObject)
    /// An object that was deleted; `namespace` is empty for one of the whole cluster.
    case remove(Resource, namespace: String, name: String, uid: String)
}

/// Takes the cluster's changes in, in their order, on the thread of the transport.
package protocol ObjectSink: Sendable {
    /// Takes changes of one resource, which arrived at `receivedAt`.
    func take(_ changes: [ObjectChange], receivedAt: Timestamp)
}
