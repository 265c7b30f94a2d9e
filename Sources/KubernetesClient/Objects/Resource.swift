/// A kind of object that is listed and watched, by the API's name for it.
package enum Resource: String, Sendable, CaseIterable, Hashable {
    case pods
    case nodes
    case services
    case endpointSlices = "endpointslices"
    case replicaSets = "replicasets"
    case jobs

    /// The API group; empty for the core group.
    package var group: String {
        switch self {
        case .pods, .nodes, .services: ""
        case .endpointSlices: "discovery.k8s.io"
        case .replicaSets: "apps"
        case .jobs: "batch"
        }
    }

    /// Whether its objects belong to namespaces.
    package var isNamespaced: Bool { self != .nodes }

    /// Whether no more than the objects' metadata is asked for.
    package var isMetadataOnly: Bool { self == .replicaSets || self == .jobs }

    /// The path of the collection: of one namespace, or of the whole cluster.
    func path(in namespace: String?) -> String {
        let root = group.isEmpty ? "/api/v1" : "/apis/\(group)/v1"
        guard isNamespaced, let namespace else { return "\(root)/\(rawValue)" }
        return "\(root)/namespaces/\(QueryText.escaped(namespace))/\(rawValue)"
    }

    /// The `Accept` header for a list or a watch. A server that does not know how to leave the rest out sends whole objects, of which the rest is
    /// dropped here.
    func accept(watching: Bool) -> String {
        guard isMetadataOnly else { return "application/json" }
        return "application/json;as=PartialObjectMetadata\(watching ? "" : "List");g=meta.k8s.io;v=v1, application/json"
    }
}

/// One collection that is listed and watched: a resource, of the whole cluster or of one namespace.
package struct Scope: Sendable, Hashable, CustomStringConvertible {
    package var resource: Resource
    /// nil: all namespaces, or a resource that has none.
    package var namespace: String?

    /// The collection of a resource, in a namespace where that is given.
    package init(_ resource: Resource, in namespace: String? = nil) {
        self.resource = resource
        self.namespace = resource.isNamespaced ? namespace : nil
    }

    package var description: String { resource.rawValue + (namespace.map { " of namespace \($0)" } ?? "") }
}

/// Text as it stands in a URL's path or query.
enum QueryText {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// All but letters, digits and `-._~` as `%XX` (RFC 3986 §2.3).
    static func escaped(_ text: String) -> String {
        var octets: [UInt8] = []
        for octet in text.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                octets.append(octet)
            default:
                octets += [UInt8(ascii: "%"), hexDigits[Int(octet >> 4)], hexDigits[Int(octet & 15)]]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
