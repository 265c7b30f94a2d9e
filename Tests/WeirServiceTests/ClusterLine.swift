import FlowModel
import FlowProtocols
import Foundation
import Identity
import KubernetesObjects
import Support
import Testing
import WeirService

/// A cluster that changes, and the line that counts the flows of its nodes; times are seconds from a moment of no importance.
struct ClusterLine: ~Copyable {
    static let epoch = Timestamp(seconds: 1_795_233_600)

    private let registry = EndpointRegistry()
    private var identity: LiveIdentity
    private let line: OfflineLine
    /// By the address that they send from.
    private var encoders: [IPAddress: FlowEncoder] = [:]

    /// The line has been up for an hour.
    init(_ change: (inout WeirConfiguration) -> Void = { _ in }) throws {
        var configuration = WeirConfiguration()
        configuration.ledger.birthDelay = 0
        change(&configuration)
        identity = LiveIdentity(configuration.identity, registry: registry)
        line = OfflineLine(
            configuration, identity: identity.publish(at: Self.time(-3600)), registry: registry, start: Self.time(-3600))
    }

    static func time(_ seconds: Double) -> Timestamp { epoch.advanced(by: Int64((seconds * 1e9).rounded())) }

    /// A Pod in YAML; `start` in seconds.
    static func pod(
        _ name: String, _ addresses: String..., node: String = "worker-0", start: Double = -3600, phase: String = "Running", spec: String = ""
    )
        -> String
    {
        let ips = addresses.map { "{ip: \"\($0)\"}" }.joined(separator: ", ")
        let began = Date(timeIntervalSince1970: (epoch.seconds + start).rounded(.down)).formatted(.iso8601)
        return """
            {kind: Pod, apiVersion: v1, metadata: {namespace: shop, name: \(name), uid: \(name)-\(addresses.first ?? "")}, spec: {nodeName: \(node)\(spec)},
             status: {phase: \(phase), podIPs: [\(ips)], startTime: "\(began)"}}
            """
    }

    /// A Node of OVN-Kubernetes.
    static let worker = """
        {kind: Node, apiVersion: v1, metadata: {name: worker-0, annotations: {k8s.ovn.org/node-subnets: '{"default":["10.128.2.0/23","fd01:0:0:2::/64"]}'}},
         status: {addresses: [{type: InternalIP, address: 192.0.2.10}]}}
        """

    /// Another one.
    static let otherWorker = """
        {kind: Node, apiVersion: v1, metadata: {name: worker-1, annotations: {k8s.ovn.org/node-subnets: '{"default":["10.129.2.0/23"]}'}},
         status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}
        """

    /// Takes objects in, and publishes what has become of the table.
    mutating func put(_ yaml: String..., at seconds: Double) throws {
        let now = Self.time(seconds)
        for yaml in yaml {
            let objects = try ObjectFile(Data(yaml.utf8), name: "test.yaml")
            for node in objects.nodes { identity.put(node, at: now) }
            for pod in objects.pods { identity.put(pod, at: now) }
            for service in objects.services { identity.put(service, at: now) }
            for slice in objects.endpointSlices { identity.put(slice, at: now) }
        }
        publish(at: seconds)
    }

    mutating func removePod(_ name: String, at seconds: Double) {
        identity.removePod(ObjectName(namespace: "shop", name: name), uid: nil, at: Self.time(seconds))
        publish(at: seconds)
    }

    private mutating func publish(at seconds: Double) {
        identity.expire(at: Self.time(seconds))
        _ = line.shared.publish(identity.publish(at: Self.time(seconds)))
    }

    /// Says that all that happened until then is in the table; nil: that nobody watches the cluster.
    func know(until seconds: Double?) {
        line.shared.ownersKnownUntil = seconds.map { Self.time($0) } ?? .distantFuture
    }

    /// A flow of TCP; `end` in seconds.
    static func flow(_ source: String, _ destination: String, bytes: UInt64, end: Double, ports: (UInt16, UInt16) = (40_000, 8080)) throws -> Flow {
        var flow = Flow()
        flow.source = try #require(IPAddress(source))
        flow.destination = try #require(IPAddress(destination))
        flow.bytes = bytes
        flow.packets = 1
        flow.start = time(end - 1)
        flow.end = time(end)
        flow.etherType = flow.source.isV4 ? 0x0800 : 0x86DD
        flow.protocolNumber = 6
        (flow.sourcePort, flow.destinationPort) = ports
        return flow
    }

    /// The exporter at an address, worker-0's where none is named, sends these flows.
    mutating func send(_ flows: Flow..., from exporter: String = "192.0.2.10", at seconds: Double) throws {
        let address = try #require(IPAddress(exporter))
        let key = SessionKey(address: address, sourcePort: 40_000, localPort: 4739)
        var encoder = encoders[address] ?? FlowEncoder(.ipfix, systemStart: Self.epoch)
        let templates = encoders[address] == nil ? encoder.templates(at: Self.time(seconds)) : nil
        for datagram in [templates].compactMap(\.self) + encoder.datagrams(flows, at: Self.time(seconds)) {
            line.receive(datagram, from: key, at: Self.time(seconds))
        }
        encoders[address] = encoder
    }

    func tick(at seconds: Double) { line.tick(at: Self.time(seconds)) }

    func drain(at seconds: Double) { line.drain(at: Self.time(seconds)) }

    /// What `/metrics` would say after `drain` or `tick`.
    var exposition: Exposition {
        get throws {
            var text: [UInt8] = []
            line.expose { text += $0 }
            return try Exposition(String(decoding: text, as: UTF8.self))
        }
    }

    /// Bytes by pair.
    var pairs: [String: UInt64] { get throws { try exposition.pairs("weir_flow_bytes_total") } }
}
