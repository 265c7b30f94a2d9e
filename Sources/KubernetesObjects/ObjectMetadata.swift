/// The part of `metav1.ObjectMeta` that is read.
package struct ObjectMetadata: Decodable, Sendable, Equatable {
    /// The object that made this one and looks after it.
    package struct OwnerReference: Decodable, Sendable, Equatable {
        package var kind: String
        package var name: String
        package var uid: String?
        package var controller: Bool?
    }

    package var name: String
    /// nil for objects of the whole cluster, such as nodes.
    package var namespace: String?
    package var uid: String?
    package var labels: [String: String]?
    /// Those that `AddressAnnotation` names, as far as the object has them.
    package var annotations: [String: String]?
    package var ownerReferences: [OwnerReference]?
    /// When it was, or is to be, deleted; nil for an object that nobody has deleted.
    package var deletionTimestamp: ObjectTime?

    /// The owner that looks after the object; nil where none does.
    package var controller: OwnerReference? { ownerReferences?.first { $0.controller ?? false } }

    private enum Key: String, CodingKey {
        case name, namespace, uid, labels, annotations, ownerReferences, deletionTimestamp
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace)
        uid = try container.decodeIfPresent(String.self, forKey: .uid)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)?.filter { AddressAnnotation.names.contains($0.key) }
        ownerReferences = try container.decodeIfPresent([OwnerReference].self, forKey: .ownerReferences)
        deletionTimestamp = try container.decodeIfPresent(ObjectTime.self, forKey: .deletionTimestamp)
    }
}
