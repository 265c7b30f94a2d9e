import KubernetesObjects

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

/// An object of a namespace that looks after others, or is looked after.
struct OwnedObject: Hashable, Sendable {
    var namespace: String
    var object: Workload
}

/// What looks after a pod, as the pod itself tells.
struct PodOwner: Sendable, Equatable {
    let controller: Workload
    /// How much of a ReplicaSet's name, octets, is that of its Deployment, as its pod tells by the label `pod-template-hash`; 0: not known.
    ///
    /// A Deployment's controller makes both; anybody else may, too. So it is only believed until the ReplicaSet itself is known.
    private let deploymentLength: Int

    init?(_ metadata: ObjectMetadata) {
        guard let reference = metadata.controller else { return nil }
        controller = Workload(kind: reference.kind, name: reference.name)
        let hash = metadata.labels?["pod-template-hash"] ?? ""
        let isOfDeployment = reference.kind == "ReplicaSet" && !hash.isEmpty && reference.name.hasSuffix("-\(hash)")
        deploymentLength = isOfDeployment ? reference.name.utf8.count - hash.utf8.count - 1 : 0
    }

    /// What is believed to look after the controller.
    var presumed: Workload? {
        if deploymentLength > 0 { return Workload(kind: "Deployment", name: String(controller.name.utf8.prefix(deploymentLength)) ?? "") }
        return cronJob.map { Workload(kind: "CronJob", name: $0) }
    }

    /// A CronJob's controller names its Jobs for the minute since 1970 in which they are to run: eight digits, and more than a date has.
    private var cronJob: String? {
        guard controller.kind == "Job", let dash = controller.name.lastIndex(of: "-"), dash > controller.name.startIndex else { return nil }
        let digits = controller.name[dash...].dropFirst()
        guard digits.utf8.count == 8, let minute = UInt32(digits), minute > 25_000_000 else { return nil }
        return String(controller.name[..<dash])
    }
}

/// Which object looks after which: a Deployment after ReplicaSets, these after pods.
struct OwnerTable: Sendable {
    private struct OfPods: Sendable, Equatable {
        var namespace: String
        var owner: PodOwner
    }

    /// Of an object that is known.
    private enum Superior: Sendable, Equatable {
        case nobody
        case workload(Workload)
    }

    private var ofPods = PartedDictionary<EndpointNumber, OfPods>()
    private var ofObjects = PartedDictionary<OwnedObject, Superior>()

    /// Of a chain of owners, which is two long (CronJob, Job), so many are followed.
    private static let longestChain = 4

    /// Whether that is new.
    @discardableResult
    mutating func set(_ owner: PodOwner?, ofPods number: EndpointNumber, in namespace: String) -> Bool {
        let owner = owner.map { OfPods(namespace: namespace, owner: $0) }
        guard ofPods[number] != owner else { return false }
        ofPods[number] = owner
        return true
    }

    /// Takes in what looks after an object that is known now; nil: nobody does. Whether that is new.
    mutating func set(_ owner: Workload?, of object: OwnedObject) -> Bool {
        let superior = owner.map(Superior.workload) ?? .nobody
        guard ofObjects[object] != superior else { return false }
        ofObjects[object] = superior
        return true
    }

    /// Takes in that an object is not there any more. Whether it was known.
    mutating func forget(_ object: OwnedObject) -> Bool {
        guard ofObjects[object] != nil else { return false }
        ofObjects[object] = nil
        return true
    }

    /// The objects of a kind that are known, of one namespace, where that is named.
    func objects(ofKind kind: String, in namespace: String?) -> [OwnedObject] {
        ofObjects.keys.filter { $0.object.kind == kind && (namespace ?? $0.namespace) == $0.namespace }
    }

    /// The last of the chain of owners, as far as it is known.
    func workload(of number: EndpointNumber) -> Workload? {
        ofPods[number].flatMap { workload(of: $0.owner, in: $0.namespace) }
    }

    /// The last of the chain of owners of a pod, as far as it is known.
    func workload(of owner: PodOwner?, in namespace: String) -> Workload? {
        guard let owner else { return nil }
        var object = OwnedObject(namespace: namespace, object: owner.controller)
        for step in 0..<Self.longestChain {
            switch ofObjects[object] {
            case .workload(let superior): object.object = superior
            case nil where step == 0: return owner.presumed ?? object.object
            case .nobody, nil: return object.object
            }
        }
        return object.object
    }
}
