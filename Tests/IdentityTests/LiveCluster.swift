import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Testing

/// A table that takes objects made of YAML, one at a time, at times counted in seconds from a moment of no importance.
struct LiveCluster: ~Copyable {
    static let epoch = Timestamp(seconds: 1_795_233_600)

    let registry = EndpointRegistry()
    var identity: LiveIdentity

    /// `grace` in seconds.
    init(grace: Double = 300, selectsPods: Bool = false, _ configuration: IdentityConfiguration = IdentityConfiguration()) {
        var configuration = configuration
        configuration.grace = Int64(grace * 1e9)
        var options = LiveIdentity.Options()
        options.selectsPods = selectsPods
        identity = LiveIdentity(configuration, registry: registry, options: options)
    }

    static func time(_ seconds: Double) -> Timestamp { epoch.advanced(by: Int64((seconds * 1e9).rounded())) }

    /// The moment in the API's form; whole seconds, as that has them.
    static func text(_ seconds: Double) -> String {
        let date = Date(timeIntervalSince1970: (epoch.seconds + seconds).rounded(.down))
        return date.formatted(.iso8601)
    }

    static func objects(_ yaml: String) throws -> ObjectFile { try ObjectFile(Data(yaml.utf8), name: "test.yaml") }

    /// A Pod. `start` in seconds.
    static func pod(
        _ name: String, uid: String? = nil, _ addresses: String..., node: String? = nil, start: Double? = nil, phase: String = "Running",
        spec: String = "", metadata: String = "", status: String = ""
    ) throws -> Pod {
        let ips = addresses.map { "{\"ip\": \"\($0)\"}" }.joined(separator: ", ")
        let yaml = """
            {kind: Pod, metadata: {namespace: shop, name: \(name), uid: "\(uid ?? name)"\(metadata)},
             spec: {\(node.map { "nodeName: \($0)" } ?? "containers: []")\(spec)},
             status: {phase: \(phase), podIPs: [\(ips)]\(start.map { ", startTime: \"\(text($0))\"" } ?? "")\(status)}}
            """
        return try #require(try objects(yaml).pods.first)
    }

    mutating func put(_ yaml: String, at seconds: Double) throws {
        let objects = try Self.objects(yaml)
        for node in objects.nodes { identity.put(node, at: Self.time(seconds)) }
        for pod in objects.pods { identity.put(pod, at: Self.time(seconds)) }
        for replicaSet in objects.replicaSets { identity.put(replicaSet, at: Self.time(seconds)) }
        for job in objects.jobs { identity.put(job, at: Self.time(seconds)) }
        for service in objects.services { identity.put(service, at: Self.time(seconds)) }
        for slice in objects.endpointSlices { identity.put(slice, at: Self.time(seconds)) }
    }

    mutating func put(_ pod: Pod, at seconds: Double) { identity.put(pod, at: Self.time(seconds)) }

    mutating func remove(_ pod: String, uid: String? = nil, at seconds: Double) {
        identity.removePod(ObjectName(namespace: "shop", name: pod), uid: uid, at: Self.time(seconds))
    }

    mutating func publish(at seconds: Double) -> LiveSnapshot {
        identity.expire(at: Self.time(seconds))
        return LiveSnapshot(registry: registry, snapshot: identity.publish(at: Self.time(seconds)))
    }

    /// Whether nobody holds an endpoint but the three that are always there.
    static func isEmpty(_ registry: EndpointRegistry) -> Bool {
        registry.snapshot().labels.dropFirst(3).allSatisfy { !registry.isKnown($0) }
    }
}

/// A snapshot, and what its numbers stand for.
struct LiveSnapshot {
    let registry: EndpointRegistry
    let snapshot: IdentitySnapshot

    /// The values of an address's labels beside namespace and pod.
    func more(_ address: String) throws -> [String] { registry.labels(of: try entry(address).number).more }

    /// "namespace/pod" of an address, now, or at a time.
    func name(_ address: String, at seconds: Double? = nil) throws -> String { name(try entry(address, at: seconds)) }

    func name(_ address: String, port: UInt16, _ protocolNumber: UInt8 = 6, at seconds: Double? = nil) throws -> String {
        let address = try #require(IPAddress(address))
        let time = seconds.map { LiveCluster.time($0) } ?? .unknown
        return name(snapshot.lookup(address, port: port, protocolNumber: protocolNumber, at: time, seenOn: nil))
    }

    func name(_ entry: EndpointEntry) -> String {
        let labels = registry.labels(of: entry.number)
        return "\(labels.namespace)/\(labels.pod)"
    }

    func entry(_ address: String, at seconds: Double? = nil) throws -> EndpointEntry {
        let address = try #require(IPAddress(address))
        guard let seconds else { return snapshot.lookup(address) }
        return snapshot.lookup(address, at: LiveCluster.time(seconds))
    }

    func node(_ address: String, at seconds: Double? = nil) throws -> String? {
        try entry(address, at: seconds).node.flatMap { snapshot.name(of: $0) }
    }
}
