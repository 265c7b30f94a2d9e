import FlowModel
import FlowProtocols
import Testing

private struct Manifest: Decodable {
    struct Exporter: Decodable {
        var source_address: String
        var records: Int
        var packets: UInt64
        var octets: UInt64
        var udp_source_ports: [Int]
    }
    var file: String
    var exporters: [Exporter]
}

/// One record as the capture's makers decoded it.
private struct Row: Decodable {
    var exporter: String
    var src: String?
    var dst: String?
    var proto: UInt8?
    var sport: UInt16?
    var dport: UInt16?
    var packets: UInt64?
    var octets: UInt64?
    var `in`: UInt32?
    var out: UInt32?
    var flags: UInt16?
    var dir: UInt8?
    var ttl: UInt8?
    var et: UInt16?
    /// Milliseconds between the first and the last packet (v5).
    var ms: Int64?

    var line: String {
        let ports = proto == 1 ? "" : "\(sport ?? 0)>\(dport ?? 0)"
        return "\(exporter) \(src ?? "::") \(dst ?? "::") \(proto ?? 0) \(ports) \(packets ?? 0)/\(octets ?? 0) \(`in` ?? 0)>\(out ?? 0) "
            + "flags \(flags ?? 0) dir \(dir ?? 255) ttl \(ttl ?? 0) type \(et ?? 0x800) ms \(ms ?? 0)"
    }
}

/// The two nodes' captures of Service traffic (captures/nat/README.md).
@Suite struct ServiceCaptureTests {
    private func sessions(_ name: String) throws -> [(node: String, flows: [Flow])] {
        let datagrams = try TestCapture.datagrams("captures/nat/\(name).pcap")
        return [("node1", "192.168.126.11"), ("node2", "192.168.126.12")].map { node, address in
            var session = DecodedSession()
            for datagram in datagrams where datagram.source.description == address { session.decode(datagram.payload, at: datagram.time) }
            #expect(session.errors.isEmpty)
            return (node, session.flows)
        }
    }

    @Test("Each node's totals are the manifest's", arguments: ["nat-netflow5", "nat-ipfix"])
    func totals(name: String) throws {
        let manifest = try #require(try Fixtures.json([Manifest].self, "captures/nat/manifest.json").first { $0.file == name + ".pcap" })
        let decoded = try sessions(name)
        #expect(manifest.exporters.count == decoded.count)
        for (expected, (node, flows)) in zip(manifest.exporters, decoded) {
            #expect(flows.count == expected.records, "\(node)")
            #expect(flows.reduce(0) { $0 + $1.packets } == expected.packets, "\(node)")
            #expect(flows.reduce(0) { $0 + $1.bytes } == expected.octets, "\(node)")
        }
    }

    @Test("Each record is as its makers decoded it", arguments: ["nat-netflow5", "nat-ipfix"])
    func records(name: String) throws {
        let isVersion5 = name == "nat-netflow5"
        let rows = try Fixtures.json([Row].self, "captures/nat/\(name).rows.json").map(\.line).sorted()
        let flows = try sessions(name).flatMap { node, flows in
            flows.map { flow in
                let ports = flow.protocolNumber == 1 ? "" : "\(flow.sourcePort)>\(flow.destinationPort)"
                let milliseconds = isVersion5 ? flow.end.since(flow.start) / 1_000_000 : 0
                return "\(node) \(flow.source) \(flow.destination) \(flow.protocolNumber) \(ports) \(flow.packets)/\(flow.bytes) "
                    + "\(flow.inputInterface)>\(flow.outputInterface) flags \(flow.tcpFlags.rawValue) dir \(flow.direction.rawValue) "
                    + "ttl \(flow.timeToLive) type \(flow.etherType) ms \(milliseconds)"
            }
        }
        #expect(flows.sorted() == rows)
    }
}
