import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Support
import Testing

/// A table made of YAML, and the registry behind it.
struct TestIdentity {
    let registry: EndpointRegistry
    let snapshot: IdentitySnapshot

    /// The table of whole documents.
    init(documents: String, _ configuration: IdentityConfiguration = IdentityConfiguration()) throws {
        registry = EndpointRegistry()
        snapshot = IdentityBuilder.snapshot(of: try ObjectFile(Data(documents.utf8), name: "test.yaml"), configuration, registry: registry)
    }

    /// The table of the objects in `shared/captures/nat`, or of some kinds of them.
    static func ofCaptures(_ kinds: [String] = ["pods", "nodes", "services", "endpointslices"]) throws -> TestIdentity {
        let texts = try kinds.map { try String(contentsOf: SharedFiles.captures.appending(path: "nat/\($0).json"), encoding: .utf8) }
        return try TestIdentity(documents: texts.joined(separator: "\n"))
    }

    /// The table of the items of a List.
    init(_ yaml: String, _ configuration: IdentityConfiguration = IdentityConfiguration(), registry: EndpointRegistry = EndpointRegistry()) throws {
        self.registry = registry
        let objects = try ObjectFile(Data("kind: List\nitems:\n\(yaml)".utf8), name: "test.yaml")
        snapshot = IdentityBuilder.snapshot(of: objects, configuration, registry: registry)
    }

    /// "namespace/pod" of an address.
    func name(_ address: String) throws -> String {
        name(try entry(address))
    }

    func name(_ entry: EndpointEntry) -> String {
        let labels = registry.labels(of: entry.number)
        return "\(labels.namespace)/\(labels.pod)"
    }

    /// The name of an address's node.
    func node(_ address: String) throws -> String? {
        try entry(address).node.flatMap { snapshot.name(of: $0) }
    }

    func entry(_ address: String) throws -> EndpointEntry {
        snapshot.lookup(try #require(IPAddress(address)))
    }

    func transport(_ address: String, _ port: UInt16, _ protocolNumber: UInt8 = 6) throws -> TransportAddress {
        TransportAddress(address: try #require(IPAddress(address)), port: port, protocolNumber: protocolNumber)
    }
}

extension TransportAddress {
    /// `172.30.0.80:80`; TCP unless another protocol is named.
    init(_ text: String, protocolNumber: UInt8 = 6) throws {
        let colon = try #require(text.lastIndex(of: ":"))
        self.init(
            address: try #require(IPAddress(text[..<colon])), port: try #require(UInt16(text[text.index(after: colon)...])),
            protocolNumber: protocolNumber)
    }
}
