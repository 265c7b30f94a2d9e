import Foundation
import Support
import Testing

/// `shared/captures/nat`: Services translated in the bridge, two nodes that both export, in three formats; read on its own, so that Weir has a witness.
enum NATCapture {
    static let names = ["nat-netflow5", "nat-sflow", "nat-ipfix"]
    static let folder = SharedFiles.captures.appending(path: "nat")
    /// The nodes by the address that their exporter sends from.
    static let nodes = ["192.168.126.11": "worker-0.ocp.example.com", "192.168.126.12": "worker-1.ocp.example.com"]

    /// One connection as its ends saw it, counted once.
    private struct Connection: Decodable {
        struct Leg: Decodable {
            var packets: UInt64
            var l3_bytes: UInt64
        }
        var kind: String
        var client: String
        var backend: String?
        var request: Leg
        var reply: Leg
    }

    private struct NATTruth: Decodable {
        var wanted: [Connection]
    }

    private struct Objects: Decodable {
        struct Item: Decodable {
            struct Metadata: Decodable {
                var name: String
                var namespace: String
            }
            struct Spec: Decodable {
                var nodeName: String
            }
            struct Status: Decodable {
                var podIP: String
            }
            var metadata: Metadata
            var spec: Spec
            var status: Status
        }
        var items: [Item]
    }

    /// One List of all objects, as `kubectl get pods,nodes,services,endpointslices -A -o json` prints it.
    static func identity(_ folder: TemporaryFolder) throws -> String {
        var items: [Any] = []
        for name in ["pods", "nodes", "services", "endpointslices"] {
            let list = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.folder.appending(path: "\(name).json"))) as? [String: Any]
            items += list?["items"] as? [Any] ?? []
        }
        let data = try JSONSerialization.data(withJSONObject: ["apiVersion": "v1", "kind": "List", "items": items])
        return try folder.write("identity.json", String(decoding: data, as: UTF8.self))
    }

    /// What `/metrics` says of captures under this configuration.
    static func metrics(_ captures: [String], _ more: String = "") async throws -> Exposition {
        let folder = try TemporaryFolder()
        let file = try folder.write("weir.yaml", "identity: { file: \(try identity(folder)) }\n\(more)")
        let run = try await ChildProcess.run(RunningWeir.program, ["decode"] + captures + ["--output", "metrics", "--config", file])
        #expect(run.status == 0, "\(run.errors)")
        return try Exposition(run.output)
    }

    static func path(_ name: String) -> String { folder.appending(path: "\(name).pcap").path }

    /// Layer-3 bytes by pair of pods, of the connections between pods: those have a record in every format.
    static func truth(_ name: String) throws -> [String: UInt64] {
        let names = try pods { "\($0.metadata.namespace)/\($0.metadata.name)" }
        return try sums(name, names) { $0.l3_bytes }
    }

    /// Packets by pair of different nodes, of the same connections.
    static func crossing(_ name: String) throws -> [String: UInt64] {
        let sums = try sums(name, pods { $0.spec.nodeName }) { $0.packets }
        return sums.filter { pair in
            let ends = pair.key.components(separatedBy: " > ")
            return ends[0] != ends[1]
        }
    }

    private static func pods(_ label: (Objects.Item) -> String) throws -> [String: String] {
        let pods = try SharedFiles.json(Objects.self, "pods.json", in: folder).items
        return Dictionary(pods.map { ($0.status.podIP, label($0)) }) { $1 }
    }

    private static func sums(_ name: String, _ names: [String: String], _ amount: (Connection.Leg) -> UInt64) throws -> [String: UInt64] {
        var sums: [String: UInt64] = [:]
        for connection in try SharedFiles.json(NATTruth.self, "\(name).truth.json", in: folder).wanted {
            guard let backend = connection.backend, let server = names[backend], let client = names[connection.client] else { continue }
            sums["\(client) > \(server)", default: 0] += amount(connection.request)
            if amount(connection.reply) > 0 { sums["\(server) > \(client)", default: 0] += amount(connection.reply) }
        }
        return sums
    }

    /// The packets of a capture that come from one address, as a capture.
    static func packets(of address: String, in name: String) throws -> Data {
        let octets = address.split(separator: ".").compactMap { UInt8($0) }
        return try filter(name) { Array($0[26..<30]) == octets }
    }

    /// A capture without one of the packets of an address, from the midst of them.
    static func withoutOne(of address: String, in name: String) throws -> Data {
        let octets = address.split(separator: ".").compactMap { UInt8($0) }
        var count = 0
        _ = try filter(name) { frame in
            if Array(frame[26..<30]) == octets { count += 1 }
            return false
        }
        var passed = 0
        return try filter(name) { frame in
            guard Array(frame[26..<30]) == octets else { return true }
            passed += 1
            return passed != count / 2
        }
    }

    /// A capture whose packets come from other addresses.
    static func renamed(_ addresses: [String: String], in name: String) throws -> Data {
        func octets(_ address: String) -> [UInt8] { address.split(separator: ".").compactMap { UInt8($0) } }
        var capture = try Data(contentsOf: folder.appending(path: "\(name).pcap"))
        var place = 24
        while place + 16 <= capture.count {
            let length = (0..<4).reduce(0) { $0 | Int(capture[place + 8 + $1]) << (8 * $1) }
            let source = place + 16 + 26..<place + 16 + 30
            for (old, new) in addresses where Array(capture[source]) == octets(old) {
                capture.replaceSubrange(source, with: octets(new))
                break
            }
            place += 16 + length
        }
        return capture
    }

    /// A capture's packets of which `isWanted` (of Ethernet frames over IPv4).
    private static func filter(_ name: String, where isWanted: (Data) -> Bool) throws -> Data {
        let capture = try Data(contentsOf: folder.appending(path: "\(name).pcap"))
        func number(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(capture[place + $1]) << UInt32(8 * $1) } }
        var kept = capture.prefix(24)
        var place = 24
        while place + 16 <= capture.count {
            let end = place + 16 + Int(number(place + 8))
            let frame = Data(capture[place + 16..<end])
            if isWanted(frame) { kept.append(capture[place..<end]) }
            place = end
        }
        return kept
    }
}
