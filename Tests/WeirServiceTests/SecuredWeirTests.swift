import Foundation
import Support
import Testing

/// TLS, client certificates and users of the real service, before a real Prometheus.
@Suite(.serialized) struct SecuredWeirTests {
    // The bcrypt hash of "secret".
    private static let users = "basic_auth_users: { prometheus: $2y$10$w7NWLLUJoZSu.btBPEJmBOIe1WFwwpGPGK3xpFM1sEL74VtoiPD7u }"
    private static let tls =
        "tls_server_config: { cert_file: server.crt, key_file: server.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt }"

    /// A service with TLS, beside its certificates.
    private struct SecuredWeir {
        let process: ChildProcess
        let web: Int
        let probes: Int
        let flows: Int

        init(_ certificates: TestCertificates, webFile: String) async throws {
            try await certificates.issue("server")
            try await certificates.issue("prometheus", names: "DNS:prometheus", for: "clientAuth")
            let file = try certificates.webFile(webFile)
            let configuration = try certificates.folder.write(
                "weir.yaml",
                """
                listen: ["127.0.0.1:0"]
                listen_tcp: ["127.0.0.1:0"]
                metrics: { birth_delay: 0s }
                web: { listen: "127.0.0.1:0", probe_listen: "127.0.0.1:0" }
                log: { format: json }

                """)
            let process = try ChildProcess(RunningWeir.program, ["serve", "--config", configuration, "--web-config-file", file])
            self.process = process
            web = try await waitUntil("weir says its HTTPS port") { try RunningWeir.port(in: process, message: "serving HTTPS") }
            probes = try await waitUntil("weir says its probe port") { try RunningWeir.port(in: process, message: "serving probes") }
            flows = try await waitUntil("weir says its flow port") { try RunningWeir.port(in: process, message: "listening for flow records") }
        }

        func status(_ path: String, _ arguments: [String]) async throws -> Int {
            try await RunningWeir.status(of: "https://localhost:\(web)\(path)", ["-4"] + arguments)
        }
    }

    @Test("A real Prometheus scrapes through TLS with a client certificate and a password, and none without one of them")
    func prometheus() async throws {
        let certificates = try await TestCertificates()
        let weir = try await SecuredWeir(certificates, webFile: "\(Self.tls)\n\(Self.users)\n")
        let path = certificates.folder.path
        let access = [
            "scheme: https",
            "tls_config: { ca_file: \(path("ca.crt")), cert_file: \(path("prometheus.crt")), key_file: \(path("prometheus.key")), server_name: localhost }",
            "basic_auth: { username: prometheus, password: secret }",
        ]
        let target = "127.0.0.1:\(weir.web)"
        async let starting = (
            RunningPrometheus(target: target, access: access), RunningPrometheus(target: target, access: Array(access.dropLast())),
            RunningPrometheus(target: target, access: [access[0], "tls_config: { ca_file: \(path("ca.crt")), server_name: localhost }", access[2]])
        )
        let (prometheus, passwordless, uncertified) = try await starting
        let sent = try await ChildProcess.run(
            RunningWeir.program,
            ["replay", SharedFiles.captures.appending(path: "softflowd-v9.pcap").path, "--to", "127.0.0.1:\(weir.flows)", "--rate", "20000"])
        #expect(sent.status == 0)
        try await waitUntil("Prometheus has the counters") { try await prometheus.query("sum(weir_flow_bytes_total)").values.first == 3_895_113 }
        #expect(try await prometheus.query("up").values.first == 1)
        for other in [passwordless, uncertified] {
            try await waitUntil("the other has tried") { try await other.query("up").values.first == 0 }
        }
        try await waitUntil("what was refused is counted") {
            let refused = try await prometheus.query("weir_http_refused_requests_total{reason=\"no_password\"} > 0")
            let closed = try await prometheus.query("weir_http_refused_connections_total{reason=\"client_certificate\"} > 0")
            return !refused.isEmpty && !closed.isEmpty
        }
    }

    @Test("Probes are answered beside TLS, and nothing else is; who has shown a password or a certificate may reload, and is named in the log")
    func doors() async throws {
        let certificates = try await TestCertificates()
        let weir = try await SecuredWeir(certificates, webFile: "\(Self.tls)\n")
        for (path, status) in [
            ("/-/healthy", 200), ("/-/ready", 200), ("/metrics", 404), ("/", 404), ("/api/v1/status/config", 404), ("/-/reload", 404),
        ] {
            #expect(try await RunningWeir.status(of: "http://127.0.0.1:\(weir.probes)\(path)") == status, "\(path)")
        }
        #expect(try await RunningWeir.status(of: "http://127.0.0.1:\(weir.probes)/-/reload", ["-X", "POST"]) == 404)
        #expect(try await weir.status("/-/reload", certificates.arguments() + ["-X", "POST"]) == 0)
        let known = certificates.arguments(as: "prometheus")
        for header in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"] {
            #expect(try await weir.status("/-/reload", known + ["-X", "POST", "-H", header]) == 403, "\(header)")
        }
        #expect(try await weir.status("/-/reload", known) == 405)
        #expect(try await weir.status("/-/reload", known + ["-X", "POST"]) == 200)
        #expect(weir.process.standardError.contains("\"by\":\"certificate CN=prometheus\""), "\(weir.process.standardError)")

        // A certificate that nobody has vouched for names nobody, so it may not change anything. That is no rule to be taken up on the way.
        let lax = "\(Self.tls.replacing("RequireAndVerifyClientCert, client_ca_file: ca.crt", with: "RequireAnyClientCert"))\n"
        try certificates.webFile(lax)
        try await waitUntil("the lax rules are refused") {
            weir.process.standardError.contains("client_auth_type no longer verifies certificates, which takes effect after a restart")
        }
        #expect(try await weir.status("/-/ready", certificates.arguments()) == 0)
        let others = try await TestCertificates()
        let another = try await SecuredWeir(others, webFile: lax)
        #expect(try await another.status("/-/reload", others.arguments(as: "prometheus") + ["-X", "POST"]) == 403)
        try certificates.webFile("\(Self.tls)\n\(Self.users)\n")
        try await waitUntil("the users hold") { try await weir.status("/-/ready", known) == 401 }
        #expect(try await weir.status("/-/reload", known + ["-u", "prometheus:wrong", "-X", "POST"]) == 401)
        #expect(try await weir.status("/-/reload", known + ["-u", "prometheus:secret", "-X", "POST"]) == 200)
        #expect(weir.process.standardError.contains("\"by\":\"user prometheus\""))
    }

    @Test("A web configuration in which something is wrong ends it with status 78, and check says so, too")
    func wrongFile() async throws {
        let folder = try TemporaryFolder()
        let web = try folder.write("web.yml", "tls_server_config: { cert_file: none.crt, key_file: none.key }\nhttp_server_config: { http2: true }\n")
        let file = try folder.write(
            "weir.yaml", "listen: [\"127.0.0.1:0\"]\nlisten_tcp: []\nweb: { listen: \"127.0.0.1:0\", config_file: web.yml }\n")
        for arguments in [["serve", "--config", file], ["serve", "--web-config-file", web], ["check", "config", file]] {
            let run = try await ChildProcess.run(RunningWeir.program, arguments, within: 10)
            #expect(run.status == 78)
            for problem in [
                "web.yml:1: tls_server_config.cert_file: ", "web.yml:1: tls_server_config.key_file: ", "web.yml:2: http_server_config.http2: ",
            ] {
                #expect(run.errors.contains(problem), "\(run.errors)")
            }
        }
    }
}
