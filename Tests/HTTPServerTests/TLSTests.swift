import Foundation
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("TLS and client certificates, with curl", .serialized)
struct TLSTests {
    private static let pair = "cert_file: server.crt, key_file: server.key"

    /// Says who asks.
    private static let whoami: HTTPHandler = { .text("\($0.identity.map { "\($0)" } ?? "nobody")\n") }

    private func serveTLS(_ certificates: TestCertificates, _ tls: String, changes: Changes = Changes()) throws -> (server: HTTPServer, url: String) {
        let file = try WebFile(path: certificates.webFile("tls_server_config: { \(Self.pair), \(tls) }\n"))
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        let server = try HTTPServer(configuration: configuration, webFile: file, webFileChanged: changes.note, handler: Self.whoami)
        return (server, "https://127.0.0.1:\(server.port)/")
    }

    @Test("curl that trusts the authority is served, one that does not is not, and plain HTTP is not")
    func served() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let (server, url) = try serveTLS(certificates, "")
        #expect(try await Fetched(url, certificates.arguments()).body == "nobody\n")
        #expect(try await Fetched(url).errors.contains("certificate"))
        #expect(try await Fetched("http://127.0.0.1:\(server.port)/").status == 0)
        await server.stop()
    }

    @Test(
        "Client certificates are asked for, wanted and verified as Go does",
        arguments: [
            ("NoClientCert", [200, 200, 200]), ("RequestClientCert", [200, 200, 200]), ("RequireAnyClientCert", [0, 200, 200]),
            ("RequireClientCert", [0, 200, 200]), ("VerifyClientCertIfGiven", [200, 0, 200]), ("RequireAndVerifyClientCert", [0, 0, 200]),
        ])
    func clientCertificates(policy: String, expected: [Int]) async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        try await certificates.issue("client", for: "clientAuth")
        try await certificates.selfSigned("rogue")
        let authority = policy.contains("Verify") ? ", client_ca_file: ca.crt" : ""
        let (server, url) = try serveTLS(certificates, "client_auth_type: \(policy)\(authority)")
        for version in ["1.2", "1.3"] {
            for (client, status) in zip([nil, "rogue", "client"], expected) {
                let answer = try await Fetched(url, certificates.arguments(as: client) + ["--tls-max", version])
                #expect(answer.status == status, "TLS \(version), \(client ?? "none"): \(answer)")
                let identity = client == "client" && policy.contains("Verify") ? "certificate CN=client\n" : "nobody\n"
                #expect(answer.body == (status == 200 ? identity : ""))
            }
        }
        await server.stop()
    }

    @Test("A certificate for servers, one that has expired, and one without an allowed name let no client in")
    func wrongCertificates() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        try await certificates.issue("expired", names: "DNS:prometheus", for: "clientAuth", days: -1)
        try await certificates.issue("other", names: "DNS:other,DNS:prometheus.example", for: "clientAuth")
        for (name, names) in [
            ("dns", "DNS:prometheus"), ("uri", "URI:spiffe://cluster/prometheus"), ("ip", "IP:10.1.2.3"), ("mail", "email:a@example.org"),
        ] {
            try await certificates.issue(name, names: "DNS:else,\(names)", for: "clientAuth")
        }
        let allowed = "client_allowed_sans: [prometheus, spiffe://cluster/prometheus, 10.1.2.3, a@example.org]"
        let (server, url) = try serveTLS(certificates, "client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt, \(allowed)")
        for client in ["server", "expired", "other"] {
            let answer = try await Fetched(url, certificates.arguments(as: client))
            // An alert, or a reset where that overtakes it.
            #expect(answer.status == 0 && !answer.errors.isEmpty, "\(client): \(answer)")
        }
        for client in ["dns", "uri", "ip", "mail"] {
            #expect(try await Fetched(url, certificates.arguments(as: client)).status == 200, "\(client)")
        }
        await server.stop()
    }

    @Test("Versions, ciphers and curves are those that are configured")
    func agreement() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let (server, url) = try serveTLS(
            certificates,
            "min_version: TLS12, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384], curve_preferences: [CurveP384]")
        let trusting = certificates.arguments()
        for (arguments, isServed) in [
            (["--tls-max", "1.2"], true), (["--tlsv1.3"], false), (["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"], false),
            (["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"], true), (["--curves", "P-256:P-384"], true),
            (["--curves", "P-256"], false),
        ] {
            #expect(try await Fetched(url, trusting + arguments).status == (isServed ? 200 : 0), "\(arguments)")
        }
        await server.stop()
        let (modern, modernURL) = try serveTLS(certificates, "min_version: TLS13")
        #expect(try await Fetched(modernURL, trusting).status == 200)
        #expect(try await Fetched(modernURL, trusting + ["--tls-max", "1.2"]).status == 0)
        await modern.stop()
    }

    @Test("A new certificate and key are taken up while connections go on; broken ones are not, and are told once")
    func rotation() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let changes = Changes()
        let (server, url) = try serveTLS(certificates, "", changes: changes)
        func serial() async throws -> String {
            let shown = try await ChildProcess.run(
                "openssl", ["s_client", "-connect", "127.0.0.1:\(server.port)", "-showcerts"], input: "")
            return try await ChildProcess.run("openssl", ["x509", "-noout", "-serial"], input: shown.output).output
        }
        let first = try await serial()
        #expect(first.hasPrefix("serial="))
        try certificates.folder.write("server.crt", "not a certificate")
        try await waitUntil("the broken certificate is noticed") { changes.problems.count == 1 }
        #expect(
            changes.problems[0].contains("web.yml:1: tls_server_config.cert_file: ") && changes.problems[0].contains("is not a certificate in PEM"))
        #expect(try await serial() == first)
        #expect(try await Fetched(url, certificates.arguments()).status == 200)

        try await certificates.issue("server")
        try await waitUntil("the new certificate is taken up") { changes.takenUp > 0 }
        #expect(try await serial() != first)
        #expect(try await Fetched(url, certificates.arguments()).status == 200)
        await server.stop()
    }

    @Test("A connection that began under other rules is not let through by the new ones")
    func tightened() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let changes = Changes()
        let (server, url) = try serveTLS(certificates, "", changes: changes)
        try certificates.webFile("tls_server_config: { \(Self.pair), client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt }\n")
        // One connection for both requests, the second a while after the first.
        async let both = ChildProcess.run(
            "curl",
            ["-sSv", "--max-time", "20", "--rate", "10/m"] + certificates.arguments() + [url + "1", url + "2"])
        try await waitUntil("the new rules hold") { changes.takenUp == 1 }
        let run = try await both
        #expect(run.output == "nobody\n", "\(run)")
        await server.stop()
    }

    @Test("TLS neither comes nor goes while the server runs")
    func comesOrGoes() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let changes = Changes()
        let (server, url) = try serveTLS(certificates, "", changes: changes)
        try certificates.webFile("")
        try await waitUntil("it is refused") { changes.problems.first?.contains("after a restart") == true }
        #expect(try await Fetched(url, certificates.arguments()).status == 200)
        await server.stop()
    }
}

/// What a server said about its web configuration file.
final class Changes: Sendable {
    private let state = Mutex((takenUp: 0, problems: [String]()))

    var takenUp: Int { state.withLock(\.takenUp) }
    var problems: [String] { state.withLock(\.problems) }

    @Sendable func note(_ change: WebFile.Change) {
        state.withLock { state in
            switch change {
            case .takenUp: state.takenUp += 1
            case .refused(let problem): state.problems.append(problem)
            }
        }
    }
}
