import FlowModel
import FlowProtocols
import Foundation
import Testing

/// What real exporters sent (shared/captures), against what tshark, a structural walk and tcpdump in the pods counted.
@Suite struct SFlowCaptureTests {
    private struct Entry: Decodable {
        struct Walk: Decodable {
            struct Totals: Decodable, Equatable {
                var samples: Int
                var packets_est: UInt64
                var frame_octets_est: UInt64
                var ip_octets_est: UInt64
            }
            struct Pair: Decodable {
                var src: String
                var dst: String
                var proto: Int
                var packets_est: UInt64
                var frame_octets_est: UInt64
                var ip_octets_est: UInt64
            }
            var totals: Totals
            var pairs_top50: [Pair]
            var samples_and_records: [String: Int]
        }
        struct Structure: Decodable { var raw_walk: Walk }
        var file: String
        var udp_packets: Int
        var sflow: Structure?
    }

    private static func walk(_ name: String) throws -> (Entry, Entry.Walk) {
        let entries = try SFlowCaptures.json("manifest.json", as: [Entry].self)
        let entry = try #require(entries.first { $0.file == name })
        return (entry, try #require(entry.sflow).raw_walk)
    }

    @Test(
        "Every sample of a capture is decoded, to the totals of the structural walk",
        arguments: ["ovs-sflow.pcap", "ovs-sflow-1in1.pcap", "ovs-sflow-tunnel.pcap", "ovs-sflow-underlay.pcap", "pmacctd-sflow.pcap"])
    func totals(name: String) throws {
        let (entry, walk) = try Self.walk(name)
        let decoded = try SFlowCaptures.decode(name)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.datagrams == entry.udp_packets)
        #expect(decoded.flows.count == walk.totals.samples)
        #expect(decoded.details.count == decoded.flows.count)
        #expect(decoded.records == decoded.flows.count)
        #expect(decoded.flows.reduce(0) { $0 + UInt64($1.samplingRate) * $1.packets } == walk.totals.packets_est)
        #expect(decoded.flows.reduce(0) { $0 + UInt64($1.samplingRate) * $1.bytes } == walk.totals.frame_octets_est)
        // Of the underlay the walk counts the outer packets.
        if !name.contains("underlay") {
            #expect(decoded.flows.reduce(0) { $0 + UInt64($1.samplingRate) * $1.ipBytes } == walk.totals.ip_octets_est)
        }
        #expect(decoded.counters.count == walk.samples_and_records["counter record 0/1"])
        #expect(decoded.facts.count == walk.samples_and_records["counter record 0/1005", default: 0])
        #expect(decoded.flows.allSatisfy { $0.exportProtocol == .sflow5 && $0.traits.contains(.packetSample) })
        #expect(zip(decoded.sequence, decoded.sequence.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
    }

    @Test("The pairs of a tunnelled capture, which tshark and nfdump lose samples of, are those of the structural walk")
    func tunnelPairs() throws {
        let (_, walk) = try Self.walk("ovs-sflow-tunnel.pcap")
        let decoded = try SFlowCaptures.decode("ovs-sflow-tunnel.pcap")
        let pairs = decoded.flows.byPair
        for pair in walk.pairs_top50 where pair.ip_octets_est > 0 {
            let key = PairKey(source: pair.src, destination: pair.dst, protocolNumber: pair.proto == 44 ? 58 : pair.proto)
            #expect(pairs[key] == PairTotal(packets: pair.packets_est, bytes: pair.ip_octets_est), "\(key)")
        }
        let tunnelled = zip(decoded.flows, decoded.details).filter { $0.0.traits.contains(.tunnelled) }
        #expect(
            tunnelled.count == walk.samples_and_records["flow record 0/1024", default: 0] + walk.samples_and_records["flow record 0/1023", default: 0]
        )
        #expect(tunnelled.allSatisfy { $0.1.tunnelVNI == 5001 })
        let ends = Set(tunnelled.flatMap { [$0.1.tunnelSource.description, $0.1.tunnelDestination.description] })
        // The exporter leaves its own address open where it is to encapsulate.
        #expect(ends.subtracting(["0.0.0.0"]) == ["192.168.126.11", "192.168.126.12"])
    }

    /// One sample as tshark decoded it.
    private struct Row: Decodable {
        var rate: UInt32
        var `in`: UInt32
        var out: String
        var frame_len: UInt64
        var src: String?
        var dst: String?
        var proto: Int?
        var ip_len: UInt64?
        var sport: UInt16?
        var dport: UInt16?
        var ethertype: String?
    }

    @Test("Each sample is what tshark decoded", arguments: ["ovs-sflow", "ovs-sflow-1in1", "pmacctd-sflow"])
    func rows(name: String) throws {
        let rows = try SFlowCaptures.json("\(name).tshark.json", as: [Row].self)
        let decoded = try SFlowCaptures.decode("\(name).pcap")
        #expect(decoded.flows.count == rows.count)
        var differing: [String] = []
        for (index, (row, flow)) in zip(rows, decoded.flows).enumerated() {
            let output = UInt32(row.out.dropFirst(2), radix: 16) ?? 0
            let etherType = row.ethertype.flatMap { UInt16($0.dropFirst(2), radix: 16) }
            // tshark gives a later IPv6 fragment the protocol of the fragment header, and an ICMP error the ports of the packet that it quotes.
            let isSame =
                flow.samplingRate == row.rate && flow.inputInterface == row.in && flow.outputInterface == output && flow.bytes == row.frame_len
                && flow.source.description == row.src ?? "::" && flow.destination.description == row.dst ?? "::"
                && (Int(flow.protocolNumber) == row.proto ?? 0 || row.proto == 44 && flow.protocolNumber == 58)
                && (row.ip_len == nil || flow.ipBytes == row.ip_len)
                && (row.sport == nil || row.proto == 1 || row.proto == 58 || flow.sourcePort == row.sport && flow.destinationPort == row.dport)
                && (etherType == nil || flow.etherType == etherType || flow.vlan != 0)
            if !isSame { differing.append("\(index): \(row) \(flow)") }
        }
        #expect(differing.isEmpty, "\(differing.prefix(3))")
    }

    private struct Truth: Decodable {
        struct Pair: Decodable {
            var src: String
            var dst: String
            var proto: Int
            var packets: UInt64
            var l3_bytes: UInt64
        }
        var pairs: [Pair]
    }

    @Test("Unsampled sFlow equals the truth in IP octets, but for the router solicitations sent before it was on")
    func truth() throws {
        let truth = try SFlowCaptures.json("ovs-sflow-1in1.truth.json", as: Truth.self)
        let decoded = try SFlowCaptures.decode("ovs-sflow-1in1.pcap")
        let pairs = decoded.flows.byPair
        var missing: UInt64 = 0
        for pair in truth.pairs {
            let key = PairKey(source: pair.src, destination: pair.dst, protocolNumber: pair.proto)
            let counted = pairs[key] ?? PairTotal()
            if key.destination == "ff02::2" {
                missing += pair.packets - counted.packets
                #expect(pair.l3_bytes - counted.bytes == (pair.packets - counted.packets) * 56)
            } else {
                #expect(counted == PairTotal(packets: pair.packets, bytes: pair.l3_bytes), "\(key)")
            }
        }
        #expect(missing == 7)
        #expect(Set(pairs.keys).isSubset(of: Set(truth.pairs.map { PairKey(source: $0.src, destination: $0.dst, protocolNumber: $0.proto) })))

        let dropped = decoded.flows.filter { $0.traits.contains(.outputDropped) }
        #expect(dropped.count == 7)
        #expect(dropped.allSatisfy { $0.dropReason == .sFlow(256) && $0.destinationPort == 9999 })
        #expect(decoded.flows.count { $0.traits.contains(.outputMultiple) } == 54)
        #expect(Set(decoded.flows.map(\.vlan)) == [0, 100])
        // The data source is the bridge and none of its interfaces.
        #expect(decoded.flows.allSatisfy { $0.direction == .unknown })
    }

    @Test("A sample of the underlay counts the packet inside the tunnel")
    func underlay() throws {
        let decoded = try SFlowCaptures.decode("ovs-sflow-underlay.pcap")
        #expect(decoded.flows.allSatisfy { $0.traits.contains(.tunnelled) && !$0.source.description.hasPrefix("192.168.126.") })
        for detail in decoded.details {
            #expect(detail.tunnelSource.description == "192.168.126.12")
            #expect(detail.tunnelDestination.description == "192.168.126.11")
            #expect(detail.tunnelVNI == 5001)
        }
        // 4 of FCS, 14 + 20 + 8 + 8 before the inner frame and 14 of its own.
        #expect(decoded.flows.filter { !$0.source.isUnspecified }.allSatisfy { $0.overhead == 68 })
        #expect(decoded.flows.contains { !$0.source.isUnspecified })
    }

    /// One sample of the Service captures.
    private struct ServiceRow: Decodable {
        var agent: String
        var rate: UInt32
        var `in`: UInt32
        var out: UInt32
        var ext: [String]
        var src: String
        var dst: String
        var proto: Int
        var sport: UInt16
        var dport: UInt16
        var frame_len: UInt64
        var l3: UInt64
        var smac: String
        var dmac: String
        var et: UInt16
        var exporter: String
    }

    @Test("Two nodes' samples of Service traffic are those of the reference, one by one")
    func services() throws {
        let rows = try SFlowCaptures.json("nat/nat-sflow.rows.json", as: [ServiceRow].self)
        let decoded = try SFlowCaptures.decode("nat/nat-sflow.pcap")
        #expect(decoded.errors.isEmpty)
        #expect(decoded.flows.count == rows.count)
        #expect(decoded.agents.map(\.description).sorted() == ["10.128.2.2", "10.129.2.2"])
        let mac = { (text: String) in UInt64(text.replacingOccurrences(of: ":", with: ""), radix: 16) }
        for (exporter, address) in [("node1", "192.168.126.11"), ("node2", "192.168.126.12")] {
            let indices = decoded.flows.indices.filter { decoded.exporters[$0].description == address }
            let expected = rows.filter { $0.exporter == exporter }
            #expect(indices.count == expected.count)
            var differing: [String] = []
            for (index, row) in zip(indices, expected) {
                let (flow, detail) = (decoded.flows[index], decoded.details[index])
                // An ICMP sample has type and code where ports are.
                let isSame =
                    detail.agentAddress?.description == row.agent && flow.samplingRate == row.rate && flow.inputInterface == row.in
                    && flow.outputInterface == row.out && flow.bytes == row.frame_len && flow.etherType == row.et && flow.ipBytes == row.l3
                    && flow.source.description == (row.src.isEmpty ? "::" : row.src)
                    && flow.destination.description == (row.dst.isEmpty ? "::" : row.dst) && Int(flow.protocolNumber) == row.proto
                    && (flow.sourcePort == row.sport && flow.destinationPort == row.dport || row.proto == 1) && detail.sourceMAC == mac(row.smac)
                    && detail.destinationMAC == mac(row.dmac) && flow.traits.contains(.tunnelled) == (row.ext.count > 1)
                if !isSame { differing.append("\(index): \(row) \(flow)") }
            }
            #expect(differing.isEmpty, "\(differing.prefix(3))")
        }
    }

    @Test("Port names and interface counters come with the counter samples")
    func counters() throws {
        let decoded = try SFlowCaptures.decode("nat/nat-sflow.pcap")
        #expect(decoded.counters.count == 48)
        for (index, name) in [(8, "vethshop"), (4, "br-int"), (9, "vethweb1"), (6, "ovn-k8s-mp0"), (7, "vethdns1"), (8, "vethweb2")]
            as [(UInt32, String)]
        {
            #expect(decoded.facts.contains(.interfaceName(domain: 0, index: index, name: name)))
        }
        #expect(decoded.counters.contains { $0.index == 8 && $0.input.octets > 0 && $0.output.octets > 0 && $0.speed > 0 })
        #expect(decoded.counters.allSatisfy { $0.sequenceNumber > 0 && $0.input.octets != .max && $0.input.multicastPackets != .max })
    }
}
