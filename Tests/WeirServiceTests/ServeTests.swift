import Foundation
import Support
import Testing

/// The service as a stranger uses it.
@Suite struct ServeTests {
    private static let capture = SharedFiles.captures.appending(path: "softflowd-ipfix.pcap").path

    private static func pods(_ names: [(pod: String, address: String)]) -> String {
        "kind: List\nitems:\n"
            + names.map { "- {kind: Pod, metadata: {name: \($0.pod), namespace: shop}, status: {podIP: \($0.address)}}\n" }.joined()
    }

    /// The pairs of an exposition, by pods.
    private func pods(_ weir: RunningWeir) async throws -> Set<String> {
        Set(
            try Exposition(await weir.get("/metrics?collect[]=flows")).samples.flatMap {
                [$0.labels["source_pod"] ?? "", $0.labels["destination_pod"] ?? ""]
            })
    }

    // MARK: Start and end

    @Test("SIGTERM and SIGINT end it with status 0 within 5 s", arguments: [SIGTERM, SIGINT])
    func stops(_ signal: Int32) async throws {
        let weir = try await RunningWeir()
        weir.process.send(signal)
        #expect(try await weir.process.exitStatus(within: 5) == 0)
        #expect(weir.process.standardError.contains("\"stopped\""))
    }

    @Test("SIGTERM ends it within 5 s under load, too")
    func stopsUnderLoad() async throws {
        let weir = try await RunningWeir()
        let load = try ChildProcess(
            RunningWeir.program, ["replay", Self.capture, "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "5000", "--loop", "100000"])
        defer { load.send(SIGKILL) }
        try await waitUntil("datagrams arrive") {
            try await Exposition(weir.get("/metrics?collect[]=self")).sum("weir_exporter_datagrams_total") > 1000
        }
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus(within: 5) == 0)
    }

    @Test("An address that is taken, for flows or for HTTP, ends it with status 1 and the address in the message")
    func addressesTaken() async throws {
        let weir = try await RunningWeir()
        let folder = try TemporaryFolder()
        for (name, flows, web) in [("udp", "127.0.0.1:\(weir.flowPort)", "127.0.0.1:0"), ("http", "127.0.0.1:0", weir.web)] {
            let file = try folder.write("\(name).yaml", "listen: [\"\(flows)\"]\nlisten_tcp: []\nweb: { listen: \"\(web)\" }\n")
            let second = try await ChildProcess.run(RunningWeir.program, ["serve", "--config", file], within: 10)
            #expect(second.status == 1)
            #expect(second.errors.contains("weir: ") && second.errors.contains(name == "udp" ? flows : web), "\(second.errors)")
        }
        #expect(try await weir.request("/-/healthy").status == 200)
    }

    @Test("It says that it is healthy and ready, and answers unknown paths and methods as HTTP does")
    func health() async throws {
        let weir = try await RunningWeir()
        for path in ["/-/healthy", "/-/ready"] { #expect(try await weir.request(path).status == 200) }
        #expect(try await weir.request("/nowhere").status == 404)
        #expect(try await weir.request("/metrics", ["-X", "DELETE"]).status == 405)
        #expect(try await weir.request("/-/reload").status == 405)
        #expect(try await RunningWeir.status(of: "http://\(weir.web)/metrics", ["-I"]) == 200)
    }

    // MARK: Reload

    @Test("Reloading over HTTP must be enabled, and no page of another site may ask for it")
    func reloadGuard() async throws {
        let closed = try await RunningWeir(lifecycle: false)
        #expect(try await closed.request("/-/reload", ["-X", "POST"]).status == 403)
        let open = try await RunningWeir()
        #expect(try await open.request("/-/reload", ["-X", "POST"]).status == 200)
        for header in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
            #expect(try await open.request("/-/reload", ["-X", "POST", "-H", header]).status == 403, "\(header)")
        }
        #expect(try await open.request("/-/reload", ["-X", "POST", "-H", "Origin: http://\(open.web)"]).status == 200)
    }

    @Test("A reload takes up another identity file and exporters, and says what needs a restart")
    func reload() async throws {
        let folder = try TemporaryFolder()
        let first = try folder.write("first.yaml", Self.pods([("old", "10.128.2.2")]))
        let second = try folder.write("second.yaml", Self.pods([("new", "10.128.2.2")]))
        let weir = try await RunningWeir(configuration: "identity: { file: \(first) }\nmetrics: { birth_delay: 0s }", folder: folder)
        try await weir.replay("softflowd-ipfix.pcap", datagrams: 21)
        #expect(try await pods(weir).contains("old"))
        try weir.reconfigure(
            """
            identity: { file: \(second) }
            exporters: [{ address: 127.0.0.2, name: renamed }]
            metrics: { birth_delay: 0s, max_pairs: 1234, families: [bytes] }
            state: { directory: \(folder.path("state")) }
            """)
        let answer = try await weir.request("/-/reload", ["-X", "POST"])
        #expect(answer.status == 200)
        for key in ["metrics.families", "state.directory"] { #expect(answer.body.contains(key), "\(answer.body)") }
        for key in ["identity", "max_pairs", "exporters"] { #expect(!answer.body.contains(key), "\(answer.body)") }
        try await weir.replay("softflowd-ipfix.pcap", datagrams: 42)
        #expect(try await pods(weir).contains("new"))
        #expect(try await weir.get("/api/v1/exporters").contains("\"renamed\""))
        let held = try await weir.get("/api/v1/status/config")
        #expect(held.contains("second.yaml") && held.contains("1234"))
        #expect(!held.contains(folder.path("state")), "what needs a restart is not shown as if it held")
        #expect(try Exposition(await weir.get("/metrics")).sum("weir_configuration_reloads_total", where: ["result": "success"]) == 1)
    }

    @Test("SIGHUP reloads as well; a broken configuration keeps the old one and is counted")
    func hangUp() async throws {
        let folder = try TemporaryFolder()
        let weir = try await RunningWeir(configuration: "networks: [{ name: one, cidrs: [10.0.0.0/8] }]", folder: folder)
        try weir.reconfigure("networks: [{ name: two, cidrs: [10.0.0.0/8] }]")
        weir.process.send(SIGHUP)
        try await waitUntil("the second configuration holds") { try await weir.get("/api/v1/status/config").contains("two") }
        try weir.reconfigure("networks: [{ name: three, cidrs: [10.0.0.0/99] }]")
        weir.process.send(SIGHUP)
        try await waitUntil("the failure is counted") {
            try await Exposition(weir.get("/metrics?collect[]=self")).sum("weir_configuration_reloads_total", where: ["result": "failure"]) == 1
        }
        #expect(weir.process.standardError.contains("weir.yaml:5: networks[0].cidrs"), "\(weir.process.standardError)")
        #expect(try await weir.get("/api/v1/status/config").contains("two"))
        let answer = try await weir.request("/-/reload", ["-X", "POST"])
        #expect(answer.status == 500 && answer.body.contains("cidrs"))
        #expect(try await weir.request("/-/ready").status == 200)
    }

    @Test("The identity file is taken up by itself when it changes; a broken one keeps the old names")
    func identityFile() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("pods.yaml", Self.pods([("before", "10.128.2.2")]))
        let weir = try await RunningWeir(configuration: "identity: { file: \(file) }\nmetrics: { birth_delay: 0s }", folder: folder)
        try folder.write("pods.yaml", "kind: List\nitems: [{kind: Pod}]\n")
        try await waitUntil("the broken file is noticed", within: 10) { weir.process.standardError.contains("pods.yaml:2: items[0]") }
        try await weir.replay("softflowd-ipfix.pcap", datagrams: 21)
        #expect(try await pods(weir).contains("before"))
        try folder.write("pods.yaml", Self.pods([("afterwards", "10.128.2.2")]))
        try await waitUntil("the new file is read", within: 10) { weir.process.standardError.contains("identity file read") }
        try await weir.replay("softflowd-ipfix.pcap", datagrams: 42)
        #expect(try await pods(weir).contains("afterwards"))
    }

    // MARK: API

    @Test("The API tells of exporters, flows, configuration and build, and refuses what it does not understand")
    func api() async throws {
        let pods = SharedFiles.captures.appending(path: "pods.json").path
        let weir = try await RunningWeir(configuration: "identity: { file: \(pods) }")
        try await weir.replay("softflowd-v5.pcap", datagrams: 9)
        let exporters = try await object(weir, "/api/v1/exporters") as? [[String: Any]]
        #expect(exporters?.count == 1)
        #expect(exporters?.first?["address"] as? String == "127.0.0.2")
        #expect((try await object(weir, "/api/v1/status/config") as? [String: Any])?["yaml"] as? String != nil)
        #expect((try await object(weir, "/api/v1/status/buildinfo") as? [String: Any])?["version"] as? String != nil)

        // The capture is of another day, so the query says from when.
        func flows(_ query: String) async throws -> [[String: Any]] {
            try await object(weir, "/api/v1/flows?from=0&\(query)") as? [[String: Any]] ?? []
        }
        let all = try await flows("limit=1000")
        #expect(all.count > 10)
        let some = try await flows("namespace=openshift-dns")
        #expect(!some.isEmpty && some.count < all.count)
        #expect(some.allSatisfy { end($0, "source", "namespace") == "openshift-dns" || end($0, "destination", "namespace") == "openshift-dns" })
        let pod = try await flows("pod=dns-default-x7k2p")
        #expect(
            !pod.isEmpty && pod.allSatisfy { end($0, "source", "pod") == "dns-default-x7k2p" || end($0, "destination", "pod") == "dns-default-x7k2p" }
        )
        let address = try await flows("address=10.128.2.2")
        #expect(
            !address.isEmpty
                && address.allSatisfy { end($0, "source", "address") == "10.128.2.2" || end($0, "destination", "address") == "10.128.2.2" })
        #expect(try await flows("limit=3").count == 3)
        #expect(try await flows("namespace=nobody").isEmpty)
        for query in ["address=10.0.0", "from=yesterday", "limit=0", "limit=x", "from=5&to=4", "colour=red"] {
            let answer = try await weir.request("/api/v1/flows?\(query)")
            #expect(answer.status == 400 && answer.body.contains("\"errorType\":\"bad_data\""), "\(query): \(answer)")
        }
    }

    private func object(_ weir: RunningWeir, _ path: String) async throws -> Any? {
        let answer = try JSONSerialization.jsonObject(with: Data(await weir.get(path).utf8)) as? [String: Any]
        #expect(answer?["status"] as? String == "success")
        return answer?["data"]
    }

    private func end(_ flow: [String: Any], _ side: String, _ key: String) -> String? {
        (flow[side] as? [String: Any])?[key] as? String
    }

    @Test("The page for people shows names from outside as text, never as HTML")
    func page() async throws {
        let weir = try await RunningWeir(configuration: "exporters: [{ address: 127.0.0.2, name: '<script>alert(1)</script>' }]")
        try await weir.replay("softflowd-v5.pcap", datagrams: 9)
        let page = try await weir.get("/")
        #expect(page.hasPrefix("<!doctype html>"))
        #expect(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>"))
        #expect(try await ChildProcess.run("curl", ["-sI", "http://\(weir.web)/"]).output.lowercased().contains("content-type: text/html"))
    }

    // MARK: Metrics

    @Test("Metrics are compressed for those who take it, and given in the parts that are asked for")
    func metrics() async throws {
        let weir = try await RunningWeir(configuration: "metrics: { birth_delay: 0s }")
        try await weir.replay("softflowd-ipfix.pcap", datagrams: 21)
        let head = try await ChildProcess.run(
            "curl", ["-s", "-D", "-", "-o", "/dev/null", "-H", "Accept-Encoding: gzip", "http://\(weir.web)/metrics"]
        ).output
        #expect(head.lowercased().contains("content-encoding: gzip"))
        let unpacked = try await ChildProcess.run("curl", ["-s", "--compressed", "http://\(weir.web)/metrics?collect[]=flows", "-g"]).output
        let plain = try await weir.get("/metrics?collect[]=flows")
        #expect(unpacked == plain && plain.contains("weir_flow_bytes_total{"))
        #expect(!plain.contains("weir_build_info"))
        let own = try await weir.get("/metrics?collect[]=self")
        #expect(own.contains("weir_build_info") && !own.contains("weir_flow_bytes_total{"))
        let both = try await weir.get("/metrics?collect[]=self&collect[]=flows")
        #expect(both.contains("weir_build_info") && both.contains("weir_flow_bytes_total{"))
        #expect(try await weir.request("/metrics?collect[]=nothing").status == 400)
        #expect(try await weir.get("/metrics", headers: ["Accept: application/openmetrics-text; version=1.0.0"]).hasSuffix("# EOF\n"))
    }

    @Test("A new pair shows 0 first, and its value after the birth delay")
    func birth() async throws {
        let weir = try await RunningWeir(configuration: "metrics: { birth_delay: 40s }")
        try await weir.replay("softflowd-v5.pcap", datagrams: 9)
        let young = try Exposition(await weir.get("/metrics")).samples.filter { $0.name == "weir_flow_bytes_total" }
        #expect(!young.isEmpty && young.allSatisfy { $0.value == 0 })
        try await waitUntil("the pairs show their values", within: 120) {
            try await Exposition(weir.get("/metrics")).samples.filter { $0.name == "weir_flow_bytes_total" }.contains { $0.value > 0 }
        }
    }
}
