import Foundation
import Support
import Testing

/// `weir decode`, `weir replay` and `weir check` as they are typed.
@Suite struct DecodeTests {
    private struct Manifest: Decodable {
        struct SFlow: Decodable {
            struct Walk: Decodable {
                struct Totals: Decodable {
                    var samples: UInt64
                    var frame_octets_est: UInt64
                }
                var totals: Totals
            }
            var raw_walk: Walk?
        }
        var file: String
        var data_records: UInt64
        var octets_total: UInt64
        var packets_total: UInt64
        var udp_packets: UInt64?
        var messages: UInt64?
        var `protocol`: String?
        var sflow: SFlow?
    }

    private func weir(_ arguments: String...) async throws -> (status: Int32, output: String, errors: String) {
        try await ChildProcess.run(RunningWeir.program, arguments)
    }

    private static func capture(_ name: String) -> String { SharedFiles.captures.appending(path: name).path }

    private func flows(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    // MARK: What is printed

    private static let fields = [
        "type", "time_received_ns", "sequence_num", "sampling_rate", "sampler_address", "time_flow_start_ns", "time_flow_end_ns", "bytes", "packets",
        "src_addr", "dst_addr", "etype", "proto", "src_port", "dst_port", "in_if", "out_if", "src_mac", "dst_mac", "src_vlan", "dst_vlan", "vlan_id",
        "ip_tos", "forwarding_status", "ip_ttl", "tcp_flags", "icmp_type", "icmp_code", "ipv6_flow_label", "fragment_id", "fragment_offset", "src_as",
        "dst_as", "next_hop", "src_net", "dst_net", "observation_domain_id", "observation_point_id",
    ]

    @Test(
        "Every flow has goflow2's fields, in JSON that others can read",
        arguments: [("softflowd-v5", "NETFLOW_V5"), ("softflowd-v9", "NETFLOW_V9"), ("ovs-ipfix-bridge", "IPFIX"), ("ovs-sflow", "SFLOW_5")])
    func json(_ name: String, _ type: String) async throws {
        let run = try await weir("decode", Self.capture("\(name).pcap"), "--output", "json")
        #expect(run.status == 0)
        let flows = try flows(run.output)
        #expect(!flows.isEmpty)
        for flow in flows {
            #expect(Set(Self.fields).subtracting(flow.keys).isEmpty)
            #expect(flow["type"] as? String == type)
            #expect(flow["proto"] is Int && flow["bytes"] is Int && flow["src_addr"] is String)
        }
    }

    @Test("The text form is goflow's line, with the same flows")
    func text() async throws {
        let text = try await weir("decode", Self.capture("softflowd-v5.pcap"))
        let lines = text.output.split(separator: "\n")
        #expect(lines.count == 255)
        #expect(lines.allSatisfy { $0.hasPrefix("Type:NETFLOW_V5 TimeReceived:") && $0.contains(" SrcAddr:") && $0.contains(" DstAddr:") })
        let first = try #require(try flows(await weir("decode", Self.capture("softflowd-v5.pcap"), "--output", "json").output).first)
        let address = try #require(first["src_addr"] as? String)
        #expect(lines.first?.contains(" SrcAddr:\(address) ") == true)
    }

    @Test("The ends are named where an identity file knows them")
    func names() async throws {
        let run = try await weir("decode", Self.capture("softflowd-v5.pcap"), "--output", "json", "--identity", Self.capture("pods.json"))
        let named = try flows(run.output).filter { $0["src_addr"] as? String == "10.128.2.2" }
        #expect(!named.isEmpty)
        #expect(named.allSatisfy { $0["src_namespace"] as? String == "openshift-dns" && $0["src_pod"] as? String == "dns-default-x7k2p" })
    }

    @Test("A rate that options data told is shown with the flows it applies to, whose counts stay as sent")
    func samplingRate() async throws {
        let flows = try flows(await weir("decode", Self.capture("pmacctd-ipfix-sampled.pcap"), "--output", "json").output)
        #expect(flows.count == 95)
        #expect(flows.last?["sampling_rate"] as? Int == 10)
        #expect(flows.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) } == 363_214)
    }

    @Test("The summary's totals are the manifest's, as sent")
    func totals() async throws {
        for entry in try SharedFiles.json([Manifest].self, "manifest.json") {
            // Of a TCP stream, messages count as datagrams.
            guard let datagrams = entry.protocol == "TCP" ? entry.messages : entry.udp_packets,
                !["softflowd-psamp.pcap", "softflowd-ipfix-biflow.pcap"].contains(entry.file)
            else { continue }
            let run = try await weir("decode", Self.capture(entry.file), "--output", "json")
            #expect(run.status == 0)
            let expected: String
            if let walk = entry.sflow?.raw_walk?.totals {
                // The walk's octets are scaled by the sampling rate; what was sent is one frame a record.
                let flows = try flows(run.output)
                let scaled = flows.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) * ($1["sampling_rate"] as? Int ?? 0) }
                #expect(UInt64(scaled) == walk.frame_octets_est, "\(entry.file)")
                let sent = flows.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) }
                expected = "\(datagrams) datagrams, \(walk.samples) flows, \(sent) bytes, \(walk.samples) packets; errors: none\n"
            } else {
                // Two records of ovs-ipfix-flow have their template in another domain, which tshark does not look in (the manifest's notes).
                let more: (records: UInt64, octets: UInt64, packets: UInt64) = entry.file == "ovs-ipfix-flow.pcap" ? (2, 64_060, 501) : (0, 0, 0)
                expected =
                    "\(datagrams) datagrams, \(entry.data_records + more.records) flows, \(entry.octets_total + more.octets) bytes, "
                    + "\(entry.packets_total + more.packets) packets; errors: none\n"
            }
            #expect(run.errors == expected, "\(entry.file)")
        }
        // Two directions of each record: forward 1503 packets, reverse 2904.
        let biflows = try await weir("decode", Self.capture("softflowd-ipfix-biflow.pcap"))
        #expect(biflows.errors.contains(" 3895113 bytes, 4407 packets; errors: none"))
    }

    // MARK: What is read

    @Test("--port reads only datagrams to that port, --count stops after so many flows")
    func selection() async throws {
        let file = Self.capture("softflowd-v5.pcap")
        let all = try await weir("decode", file)
        let line = try #require(all.output.split(separator: "\n").first)
        #expect(!line.isEmpty)
        let wrong = try await weir("decode", file, "--port", "9")
        #expect(wrong.status == 1 && wrong.output.isEmpty && wrong.errors.hasPrefix("0 datagrams"))
        // Sent to 2055, as its manifest says.
        #expect(try await weir("decode", file, "--port", "9", "--port", "2055").output == all.output)
        let few = try await weir("decode", file, "--count", "7")
        #expect(few.status == 0)
        #expect(few.output.split(separator: "\n") == Array(all.output.split(separator: "\n").prefix(7)))
    }

    @Test("A capture comes from standard input as well, and in the form of pcapng")
    func forms() async throws {
        let file = Self.capture("softflowd-ipfix.pcap")
        let expected = try await weir("decode", file, "--output", "json")
        let folder = try TemporaryFolder()
        let piped = try await ChildProcess.run("sh", ["-c", "cat \"$1\" | \"$2\" decode - --output json", "sh", file, RunningWeir.program])
        #expect(piped.status == 0 && piped.output == expected.output && piped.errors == expected.errors)
        guard try await ChildProcess.run("sh", ["-c", "command -v editcap"]).status == 0 else { return }
        _ = try await ChildProcess.run("editcap", ["-F", "pcapng", file, folder.path("next.pcapng")])
        let next = try await weir("decode", folder.path("next.pcapng"), "--output", "json")
        #expect(next.output == expected.output && next.errors == expected.errors)
    }

    @Test("A reader that goes away ends it quietly")
    func brokenPipe() async throws {
        let run = try await ChildProcess.run(
            "bash",
            ["-c", "\"$2\" decode \"$1\" | head -n 1; exit ${PIPESTATUS[0]}", "bash", Self.capture("ovs-ipfix-bridge.pcap"), RunningWeir.program])
        #expect(run.output.split(separator: "\n").count == 1)
        #expect(run.status == 0 && !run.errors.contains("rror:"), "\(run)")
    }

    // MARK: Statuses

    @Test("Nothing to decode, or no file, is status 1; wrong flags are 64")
    func statuses() async throws {
        let folder = try TemporaryFolder()
        let traffic = try await weir("decode", Self.capture("pods-traffic.pcap"), "--port", "2055")
        #expect(traffic.status == 1)
        let missing = try await weir("decode", folder.path("missing.pcap"))
        #expect(missing.status == 1 && missing.errors.contains("missing.pcap"))
        let words = try await weir("decode", try folder.write("words.pcap", "these are words, and no capture of anything\n"))
        #expect(words.status == 1 && words.errors.contains("words.pcap"), "\(words.errors)")
        #expect(try await weir("decode", try folder.write("empty.pcap", "")).status == 1)
        let half = try await weir("decode", Self.capture("softflowd-v5.pcap"), folder.path("missing.pcap"))
        #expect(half.status == 1 && half.errors.contains(" 255 flows, ") && half.errors.contains("missing.pcap"), "the summary comes all the same")
        for arguments in [
            ["decode"], ["decode", "--output", "xml", "a.pcap"], ["decode", "--listen", ":0", "a.pcap"], ["decode", "--colour"],
            ["replay", "a.pcap"],
            ["replay", "a.pcap", "--to", "127.0.0.1:9", "--loop", "0"], ["replay", "a.pcap", "--to", "127.0.0.1:9", "--rate", "-1"],
            ["decode", "a.pcap", "--count", "0"], ["decode", "a.pcap", "--count", "-3"], ["decode", "--listen", ":0", "--output", "metrics"],
            ["nothing"],
        ] {
            #expect(try await ChildProcess.run(RunningWeir.program, arguments).status == 64, "\(arguments)")
        }
        #expect(try await weir("--version").output == "0.1.0\n")
        #expect(try await weir("decode", "--help").status == 0)
    }

    @Test("A wrong configuration is status 78 with file, line and key, whichever command reads it")
    func configuration() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("weir.yaml", "metrics:\n  max_pairs: many\n")
        for arguments in [["serve", "--config", file], ["check", "config", file], ["decode", Self.capture("softflowd-v5.pcap"), "--config", file]] {
            let run = try await ChildProcess.run(RunningWeir.program, arguments, within: 10)
            #expect(run.status == 78, "\(arguments)")
            #expect(run.errors.contains("weir.yaml:2: metrics.max_pairs"), "\(run.errors)")
        }
        #expect(try await weir("check", "config", folder.path("none.yaml")).status == 78)
        let pods = try folder.write("pods.yaml", "kind: Pod\nmetadata: []\n")
        let naming = try folder.write("naming.yaml", "identity: { file: \(pods) }\n")
        let checked = try await weir("check", "config", naming)
        #expect(checked.status == 78 && checked.errors.contains("pods.yaml:2: metadata"), "\(checked.errors)")
        let good = try await weir("check", "config", try folder.write("good.yaml", "identity: { file: \(Self.capture("pods.json")) }\n"))
        #expect(good.status == 0 && good.output.contains("good.yaml: valid") && good.output.contains(" pods, "))
    }

    // MARK: Live

    @Test("--listen prints flows as they arrive, and ends on SIGINT with its summary")
    func live() async throws {
        let decode = try ChildProcess(RunningWeir.program, ["decode", "--listen", "127.0.0.1:0", "--output", "json"])
        let address = try await waitUntil("it says where it listens") {
            decode.standardError.split(separator: "\n").first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst("listening on ".count)) }
        }
        let sent = try await weir("replay", Self.capture("softflowd-v9.pcap"), "--to", address, "--rate", "2000")
        #expect(sent.status == 0 && sent.errors.contains("19 datagrams"))
        try await waitUntil("430 flows are printed") { decode.standardOutput.split(separator: "\n").count == 430 }
        decode.send(SIGINT)
        #expect(try await decode.exitStatus(within: 5) == 0)
        #expect(decode.standardError.hasSuffix("19 datagrams, 430 flows, 3895113 bytes, 4407 packets; errors: none\n"))
        #expect(try flows(decode.standardOutput).allSatisfy { $0["sampler_address"] as? String == "127.0.0.2" })
    }

    @Test("--listen with --count ends by itself")
    func liveCount() async throws {
        let decode = try ChildProcess(RunningWeir.program, ["decode", "--listen", "127.0.0.1:0", "--count", "5"])
        let address = try await waitUntil("it says where it listens") {
            decode.standardError.split(separator: "\n").first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst("listening on ".count)) }
        }
        _ = try await weir("replay", Self.capture("softflowd-v5.pcap"), "--to", address, "--rate", "2000")
        #expect(try await decode.exitStatus(within: 10) == 0)
        #expect(decode.standardOutput.split(separator: "\n").count == 5)
    }

    // MARK: Replay

    @Test("replay keeps a capture's exporters apart, and says which is sent from where")
    func replay() async throws {
        let weir = try await RunningWeir()
        let to = "127.0.0.1:\(weir.flowPort)"
        let sent = try await self.weir("replay", Self.capture("nat/nat-ipfix.pcap"), "--to", to, "--rate", "5000")
        #expect(sent.status == 0)
        let lines = sent.errors.split(separator: "\n").filter { $0.contains(" is sent from 127.0.0.") }
        #expect(lines.count == 2, "\(sent.errors)")
        func addresses() async throws -> Set<String> {
            let answer = try JSONSerialization.jsonObject(with: Data(await weir.get("/api/v1/exporters").utf8)) as? [String: Any]
            return Set((answer?["data"] as? [[String: Any]] ?? []).compactMap { $0["address"] as? String })
        }
        try await waitUntil("both exporters are known") { try await addresses() == ["127.0.0.2", "127.0.0.3"] }

        let captured = try #require(lines.first?.split(separator: " ").first)
        let chosen = try await self.weir(
            "replay", Self.capture("nat/nat-ipfix.pcap"), "--to", to, "--rate", "5000", "--source", "\(captured)=127.7.7.7")
        #expect(chosen.errors.contains("\(captured) is sent from 127.7.7.7"))
        try await waitUntil("the chosen address is known") { try await addresses().contains("127.7.7.7") }
        for wrong in ["127.7.7.7", "a=b", "\(captured)=192.0.2.77"] {
            #expect(try await self.weir("replay", Self.capture("nat/nat-ipfix.pcap"), "--to", to, "--source", wrong).status == 1, "\(wrong)")
        }
        #expect(try await self.weir("replay", Self.capture("none.pcap"), "--to", to).status == 1)
    }
}
