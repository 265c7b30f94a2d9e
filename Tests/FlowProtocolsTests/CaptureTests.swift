import FlowModel
import FlowProtocols
import Testing

/// One data record as tshark read it.
private struct Row: Decodable {
    var src: String?
    var dst: String?
    var proto: UInt8?
    var sport: UInt16?
    var dport: UInt16?
    var octets: UInt64?
    var packets: UInt64?
    var `in`: UInt32?
    var out: UInt32?
    var dir: UInt8?
    var tos: UInt8?
    var flags: UInt16?
    var obs_point: UInt32?
    var end_reason: UInt8?
    var ethertype: UInt16?
    var dropped: UInt64?
    var dropped_octets: UInt64?
    var rev_octets: UInt64?
    var rev_packets: UInt64?
    var rev_flags: UInt16?
    var sampling_interval: UInt32?

    var isData: Bool { packets != nil || octets != nil }

    /// What is compared of a record.
    var line: String {
        let ports = proto == 1 || proto == 58 ? "" : "\(sport ?? 0)>\(dport ?? 0)"
        return "\(src ?? "::") \(dst ?? "::") \(proto ?? 0) \(ports) \(packets ?? 0)/\(octets ?? 0) if \(`in` ?? 0)>\(out ?? 0) dir \(dir ?? 255) "
            + "tos \(tos ?? 0) flags \(flags ?? 0) point \(obs_point ?? 0) end \(end_reason ?? 0) dropped \(dropped ?? 0)/\(dropped_octets ?? 0)"
    }
}

extension Flow {
    fileprivate var line: String {
        let ports = protocolNumber == 1 || protocolNumber == 58 ? "" : "\(sourcePort)>\(destinationPort)"
        return
            "\(source) \(destination) \(protocolNumber) \(ports) \(packets)/\(bytes) if \(inputInterface)>\(outputInterface) dir \(direction.rawValue) "
            + "tos \(typeOfService) flags \(tcpFlags.rawValue) point \(observationPoint) end \(endReason) dropped \(droppedPackets)/\(droppedBytes)"
    }
}

/// What the manifest says of a capture.
private struct ManifestEntry: Decodable {
    struct Pair: Decodable {
        var src: String?
        var dst: String?
        var proto: Int?
        var packets: UInt64
        var octets: UInt64
    }
    var file: String
    var data_records: Int
    var options_data_records: Int?
    var octets_total: UInt64
    var packets_total: UInt64
    var pairs_top50: [Pair]?
}

@Suite struct CaptureTests {
    static let flowCaptures = [
        "ovs-netflow5", "ovs-ipfix-bridge", "ovs-ipfix-tunnel", "softflowd-v5", "softflowd-v9", "softflowd-ipfix", "pmacctd-v9",
        "pmacctd-ipfix-sampled",
    ]

    private func manifest(_ name: String) throws -> ManifestEntry {
        try #require(try Fixtures.json([ManifestEntry].self, "captures/manifest.json").first { $0.file == name + ".pcap" })
    }

    private func session(_ name: String, detail: Bool = false) throws -> DecodedSession {
        let sessions = try DecodedSession.capture("captures/\(name).pcap", detail: detail)
        #expect(sessions.count == 1)
        return try #require(sessions.first)
    }

    @Test("Records, octets and packets of a capture are the manifest's", arguments: flowCaptures)
    func totals(name: String) throws {
        let expected = try manifest(name)
        let session = try session(name)
        #expect(session.errors.isEmpty)
        #expect(session.flows.count == expected.data_records)
        #expect(session.summaries.reduce(0) { $0 + $1.records } == expected.data_records)
        #expect(session.octets == expected.octets_total)
        #expect(session.packets == expected.packets_total)
    }

    @Test("Each record of a capture is as tshark reads it", arguments: flowCaptures)
    func records(name: String) throws {
        let rows = try Fixtures.json([Row].self, "captures/\(name).tshark.json").filter(\.isData)
        let session = try session(name)
        #expect(session.flows.map(\.line).sorted() == rows.map(\.line).sorted())
    }

    @Test("Details are decoded beside the same flows", arguments: flowCaptures)
    func detailed(name: String) throws {
        let plain = try session(name)
        let detailed = try session(name, detail: true)
        #expect(detailed.flows.map(\.line) == plain.flows.map(\.line))
        #expect(detailed.batch.details.count == detailed.flows.count)
    }

    @Test("The pairs of a capture are the manifest's", arguments: flowCaptures)
    func pairs(name: String) throws {
        struct Pair: Hashable { var source: String, destination: String, protocolNumber: Int }
        var table: [Pair: (packets: UInt64, octets: UInt64)] = [:]
        for flow in try session(name).flows where !flow.source.isUnspecified {
            let pair = Pair(source: "\(flow.source)", destination: "\(flow.destination)", protocolNumber: Int(flow.protocolNumber))
            table[pair, default: (0, 0)].packets += flow.packets
            table[pair, default: (0, 0)].octets += flow.bytes
        }
        let pairs = try #require(try manifest(name).pairs_top50)
        #expect(!pairs.isEmpty)
        for pair in pairs {
            guard let source = pair.src, let destination = pair.dst, let number = pair.proto else { continue }
            let counts = table[Pair(source: source, destination: destination, protocolNumber: number)]
            #expect(counts?.packets == pair.packets, "\(pair)")
            #expect(counts?.octets == pair.octets, "\(pair)")
        }
    }

    @Test("Open vSwitch's per-flow sampling uses the first domain's templates in the second")
    func perFlowSampling() throws {
        let expected = try manifest("ovs-ipfix-flow")
        let session = try session("ovs-ipfix-flow")
        #expect(session.errors.isEmpty)
        let first = session.flows.filter { $0.observationDomain == 100 }
        let second = session.flows.filter { $0.observationDomain == 200 }
        #expect(first.count == expected.data_records)
        #expect(first.reduce(0) { $0 + $1.bytes } == expected.octets_total)
        #expect(first.reduce(0) { $0 + $1.packets } == expected.packets_total)
        #expect(
            second.map { "\($0.source) \($0.destination) \($0.protocolNumber)/\($0.destinationPort) \($0.packets)/\($0.bytes)" }.sorted() == [
                "10.129.2.10 10.129.2.6 17/9999 500/64000", "10.129.2.10 10.129.2.6 6/9999 1/60",
            ])
        #expect(session.flows.count == first.count + second.count)
    }

    @Test("Both halves of softflowd's biflows are flows of their own")
    func biflows() throws {
        let rows = try Fixtures.json([Row].self, "captures/softflowd-ipfix-biflow.tshark.json").filter(\.isData)
        let session = try session("softflowd-ipfix-biflow")
        #expect(session.errors.isEmpty)
        let reverse = session.flows.filter { $0.traits.contains(.reverse) }
        #expect(session.summaries.reduce(0) { $0 + $1.records } == 277)
        #expect(session.flows.count - reverse.count == 277)
        #expect(session.packets == 1503 + 2904)
        #expect(session.octets == 983548 + 2_911_565)
        func line(_ source: String?, _ destination: String?, _ packets: UInt64?, _ octets: UInt64?, _ flags: UInt16?) -> String {
            "\(source ?? "") \(destination ?? "") \(packets ?? 0)/\(octets ?? 0) \(flags ?? 0)"
        }
        #expect(
            reverse.map { line($0.source.description, $0.destination.description, $0.packets, $0.bytes, $0.tcpFlags.rawValue) }.sorted()
                == rows.filter { ($0.rev_packets ?? 0) > 0 }.map { line($0.dst, $0.src, $0.rev_packets, $0.rev_octets, $0.rev_flags) }.sorted())
    }

    @Test("softflowd's packet sections are one packet each")
    func packetSections() throws {
        let session = try session("softflowd-psamp")
        #expect(session.flows.count == 224)
        #expect(session.flows.allSatisfy { $0.traits.contains(.packetSample) && $0.packets == 1 && $0.start == $0.end && $0.start != .unknown })
        // Frames of IP packets: tshark's IP length and 14 octets, 18 with a tag; no others are longer than what is exported.
        let lengths = try Fixtures.json([SectionRow].self, "captures/softflowd-psamp.tshark.json")
        for (flow, row) in zip(session.flows, lengths) {
            if let length = row.ip_len, flow.vlan == 0 {
                #expect([length + 14, length + 18].contains(flow.bytes) || flow.bytes == row.section_octets)
            }
        }
    }

    private struct SectionRow: Decodable {
        var ip_len: UInt64?
        var section_octets: UInt64
    }

    @Test("Times lie within the traffic that was captured", arguments: flowCaptures)
    func times(name: String) throws {
        let datagrams = try TestCapture.datagrams("captures/\(name).pcap")
        let end = try #require(datagrams.map(\.time).max()).advanced(by: 2_000_000_000)
        let flows = try session(name).flows
        #expect(flows.allSatisfy { $0.start <= $0.end && $0.end <= end })
        #expect(flows.allSatisfy { end.since($0.start) < 86400 * 1_000_000_000 })
    }

    @Test("Open vSwitch is known by its templates, names its interfaces and its tunnel")
    func openVSwitch() throws {
        let session = try session("ovs-ipfix-tunnel", detail: true)
        let traits = session.batch.facts.compactMap { if case .template(123, _, let traits) = $0 { traits } else { nil } }
        #expect(traits.count == 88)
        #expect(traits.allSatisfy { $0.contains(.openVSwitch) && !$0.contains(.sampler) })
        let tunnelled = zip(session.flows, session.batch.details).filter { $0.0.traits.contains(.tunnelled) }
        #expect(tunnelled.count == 68)
        for (_, detail) in tunnelled {
            #expect(detail.tunnelSource.description == "192.168.126.12")
            #expect(detail.tunnelDestination.description == "192.168.126.11")
            #expect(detail.tunnelVNI == 5001)
            #expect(detail.inputInterfaceName == "tun0")
        }
        #expect(session.batch.details.contains { $0.inputInterfaceName == "vp9" && $0.outputInterfaceName == "vp2" })
    }

    @Test("The exporters' own words: sampling rates, where they are said and where they are awaited")
    func sampling() throws {
        let sampled = try session("pmacctd-ipfix-sampled")
        #expect(sampled.batch.facts.contains(.samplingRate(domain: 0, sampler: 1, rate: 10)))
        #expect(sampled.batch.facts.contains(.samplingExpected(domain: 0)))
        #expect(sampled.flows.allSatisfy { $0.traits.contains(.hasSampler) && $0.sampler == 1 && $0.samplingRate == 0 })
        let softflowd = try session("softflowd-v9")
        #expect(softflowd.batch.facts.contains(.samplingRate(domain: 0, sampler: nil, rate: 1)))
        #expect(softflowd.batch.facts.contains { if case .interfaceName(0, _, "capture-file.dat") = $0 { true } else { false } })
        #expect(try session("softflowd-ipfix").batch.facts.contains(.samplingRate(domain: 0, sampler: nil, rate: 1)))
        let unsampled = try session("ovs-ipfix-bridge").batch.facts + session("pmacctd-v9").batch.facts
        #expect(!unsampled.contains { if case .samplingExpected = $0 { true } else { false } })
    }
}
