import ConfigurationFile
import Foundation
import HTTPServer
import Support
import Testing

@Suite("The web configuration file", .serialized)
struct WebFileTests {
    private func problems(_ text: String, in folder: TemporaryFolder) throws -> [String] {
        let path = try folder.write("web.yml", text)
        do {
            _ = try WebFile(path: path)
            return []
        } catch {
            return error.problems.map { $0.description.replacing(folder.url.path + "/", with: "") }
        }
    }

    @Test("What cannot be honoured, or makes no sense, is an error with its line and key")
    func refused() async throws {
        let certificates = try await TestCertificates()
        let folder = certificates.folder
        try await certificates.issue("server")
        try await certificates.issue("another")
        try await certificates.issue("old", days: -1)
        try folder.write("empty.pem", "")
        let key = try String(contentsOf: folder.url.appending(path: "server.key"), encoding: .utf8)
        try folder.write(
            "encrypted.key",
            key.replacing("BEGIN PRIVATE KEY", with: "BEGIN ENCRYPTED PRIVATE KEY").replacing("END PRIVATE", with: "END ENCRYPTED PRIVATE"))
        let pair = "cert_file: server.crt, key_file: server.key"
        let cases: [(tls: String, problem: String)] = [
            ("cert_file: server.crt", "key_file: is missing: TLS needs a certificate and its key"),
            ("key_file: server.key", "cert_file: is missing: TLS needs a certificate and its key"),
            ("cert_file: none.crt, key_file: server.key", "cert_file: none.crt cannot be opened: No such file or directory"),
            ("cert_file: ., key_file: server.key", "cert_file: . cannot be read: Is a directory"),
            ("cert_file: empty.pem, key_file: server.key", "cert_file: empty.pem is not a certificate in PEM: "),
            ("cert_file: server.crt, key_file: empty.pem", "key_file: empty.pem is not a private key in PEM: "),
            ("cert_file: server.crt, key_file: another.key", "key_file: another.key does not belong to the certificate"),
            ("\(pair), cert: x", "cert: is given twice: here and as cert_file"),
            (
                "\(pair), client_auth_type: RequireAndVerifyClientCert",
                "client_auth_type: needs client_ca_file: the authority whose certificates are taken"
            ),
            ("\(pair), client_ca_file: ca.crt", "client_ca_file: means nothing without client_auth_type (try RequireAndVerifyClientCert)"),
            (
                "\(pair), client_ca_file: empty.pem, client_auth_type: RequireAndVerifyClientCert",
                "client_ca_file: empty.pem holds no certificate in PEM"
            ),
            (
                "\(pair), client_auth_type: RequestClientCert, client_allowed_sans: [a]",
                "client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert (or RequireAnyClientCert)"
            ),
            ("\(pair), client_auth_type: Some", #"client_auth_type: "Some" is not one of NoClientCert, RequestClientCert, "#),
            ("\(pair), min_version: TLS13, max_version: TLS12", "min_version: is above max_version (TLS12)"),
            ("\(pair), min_version: SSL3", #"min_version: "SSL3" is not one of TLS10, TLS11, TLS12, TLS13"#),
            ("\(pair), cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]", #"cipher_suites[0]: "TLS_RSA_WITH_RC4_128_SHA" is not one of "#),
            (
                "\(pair), cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]",
                "cipher_suites: would let through TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 as well"
            ),
            ("\(pair), cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]", "cipher_suites: leaves TLS 1.3 without a cipher"),
            (
                "\(pair), min_version: TLS10, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]",
                "cipher_suites: leaves versions below TLS 1.2 without a cipher"
            ),
            ("\(pair), curve_preferences: [X448]", #"curve_preferences[0]: "X448" is not one of X25519, CurveP256, CurveP384, CurveP521"#),
            ("\(pair), certfile: x", "certfile: there is no such key"),
        ]
        for (tls, problem) in cases {
            let found = try problems("\ntls_server_config: { \(tls) }\n", in: folder)
            #expect(found.count == 1 && found.first?.hasPrefix("web.yml:2: tls_server_config.\(problem)") == true, "\(tls): \(found)")
        }
        let expired = try problems("tls_server_config:\n  cert_file: old.crt\n  key_file: old.key\n", in: folder)
        #expect(expired.first?.hasPrefix("web.yml:2: tls_server_config.cert_file: old.crt expired on 20") == true, "\(expired)")
        #expect(try problems("tls_server_config: { \(pair), key_file: encrypted.key }", in: folder).first?.contains("is given twice") == true)
        let encrypted = try problems("tls_server_config: { cert_file: server.crt, key_file: encrypted.key }", in: folder)
        #expect(encrypted.count == 1 && encrypted[0].contains("key_file: encrypted.key is"), "\(encrypted)")
        for (text, problem) in [
            ("http_server_config: { http2: true }", "http_server_config.http2: is not offered: libmicrohttpd speaks HTTP/1.1"),
            ("http_server_config: { headers: { X-Powered-By: weir } }", "http_server_config.headers.X-Powered-By: there is no such key"),
            ("http_server_config: { headers: { X-Frame-Options: allow } }", "http_server_config.headers.X-Frame-Options: must be deny or sameorigin"),
            (
                "http_server_config: { headers: { X-XSS-Protection: \"1\\r\\nX-A: 2\" } }",
                "http_server_config.headers.X-XSS-Protection: has characters that cannot stand in a header"
            ),
            ("basic_auth_users: { a: secret }", "basic_auth_users.a: <secret> is not a bcrypt hash"),
            ("basic_auth_users: { a: }", "basic_auth_users.a: is missing"),
            ("basic_auth_users: { 'a:b': \(UserTests.secret) }", #"basic_auth_users.a:b: is no user name"#),
            ("rate_limit: { burst: 3 }", "rate_limit.burst: means nothing without interval"),
            ("rate_limit: { interval: 1s }", "rate_limit.interval: needs burst beside it"),
            ("rate_limit: { interval: 1s, burst: 0 }", #"rate_limit.burst: "0" is less than 1"#),
            ("tls_config: {}", "tls_config: there is no such key"),
        ] {
            let found = try problems(text, in: folder)
            #expect(found.count == 1 && found.first?.hasPrefix("web.yml:1: \(problem)") == true, "\(text): \(found)")
        }
        #expect(throws: ConfigurationError.self) { try WebFile(path: folder.path("none.yml")) }
    }

    @Test("The example of docs/securing.md is taken, and lets in whom it says")
    func documented() async throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let document = try String(contentsOf: repository.appending(path: "docs/securing.md"), encoding: .utf8)
        let example = try #require(document.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```").first)
        let certificates = try await TestCertificates()
        try await certificates.issue("tls")
        try await certificates.issue("prometheus", names: "DNS:prometheus.monitoring.svc", for: "clientAuth")
        try await certificates.issue("other", for: "clientAuth")
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        let server = try HTTPServer(configuration: configuration, webFile: WebFile(path: certificates.webFile(example))) { _ in .text("in\n") }
        let url = "https://127.0.0.1:\(server.port)/"
        let user = ["-u", "prometheus:secret"]
        #expect(try await Fetched(url, certificates.arguments(as: "prometheus") + user).status == 200)
        #expect(try await Fetched(url, certificates.arguments(as: "prometheus")).status == 401)
        #expect(try await Fetched(url, certificates.arguments(as: "other") + user).status == 0)
        await server.stop()
    }

    @Test("The format's own example is taken, but for HTTP/2; certificates may stand in the file itself")
    func accepted() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        func indented(_ name: String) throws -> String {
            try String(contentsOf: certificates.folder.url.appending(path: name), encoding: .utf8).split(separator: "\n").map { "    \($0)" }
                .joined(separator: "\n")
        }
        let file = try WebFile(
            path: certificates.webFile(
                """
                tls_server_config:
                  cert: |
                \(indented("server.crt"))
                  key: |
                \(indented("server.key"))
                  client_ca: |
                \(indented("ca.crt"))
                  client_auth_type: VerifyClientCertIfGiven
                  min_version: TLS12
                  max_version: TLS13
                  prefer_server_cipher_suites: true
                  cipher_suites:
                    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                    - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                  curve_preferences: [X25519, CurveP256, CurveP384]
                http_server_config:
                  http2: false
                  headers:
                    Content-Security-Policy: default-src 'none'
                    X-Frame-Options: deny
                    X-Content-Type-Options: nosniff
                    X-XSS-Protection: 1; mode=block
                    Strict-Transport-Security: max-age=31536000
                basic_auth_users:
                  alice: \(UserTests.secret)
                rate_limit: { interval: 1h, burst: 2 }

                """))
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        let refusals = HTTPRefusals()
        let server = try HTTPServer(configuration: configuration, webFile: file, refusals: refusals) { _ in .html("<p>page</p>") }
        let url = "https://localhost:\(server.port)/"
        let answer = try await Fetched(url, certificates.arguments() + ["-4", "-i", "-u", "alice:secret"])
        #expect(answer.status == 200, "\(answer)")
        for header in [
            "Content-Security-Policy: default-src 'none'", "X-Frame-Options: deny", "X-XSS-Protection: 1; mode=block",
            "Strict-Transport-Security: max-age=31536000",
        ] {
            #expect(answer.body.contains(header + "\r\n"), "\(answer.body)")
        }
        #expect(answer.body.components(separatedBy: "Content-Security-Policy").count == 2, "the configured policy stands in the page's place")
        #expect(try await Fetched(url, certificates.arguments() + ["-4", "-u", "alice:secret"]).status == 200)
        #expect(try await Fetched(url, certificates.arguments() + ["-4", "-u", "alice:secret"]).status == 429)
        #expect(refusals.count(.rateLimit) == 1)
        await server.stop()
    }

    @Test("A file that changes is taken up when it was the same at two looks in a row, with what it names")
    func settles() async throws {
        let certificates = try await TestCertificates()
        for name in ["server", "another"] { try await certificates.issue(name) }
        let text = "tls_server_config: { cert_file: server.crt, key_file: server.key }\nbasic_auth_users: { prometheus: \(UserTests.secret) }\n"
        let file = try WebFile(path: certificates.webFile(text))
        #expect(file.refresh() == nil)
        // While it is being written, it is another one at each look, and mostly has a mistake.
        for length in stride(from: 0, through: text.utf8.count, by: 20) {
            try certificates.webFile(String(text.prefix(length)))
            #expect(file.refresh() == nil, "\(length)")
        }
        try certificates.webFile(text + "# another end\n")
        #expect(file.refresh() == nil)
        #expect(file.refresh() == .takenUp)
        #expect(file.refresh() == nil)
        // What nobody has looked at before waits for another look.
        try certificates.webFile(text.replacing("server.", with: "another."))
        #expect(file.refresh() == nil)
        #expect(file.refresh() == nil)
        #expect(file.refresh() == .takenUp)
        // What it no longer names is not watched.
        try certificates.folder.write("server.crt", "")
        for _ in 0..<3 { #expect(file.refresh() == nil) }
        try certificates.folder.write("another.crt", "")
        #expect(file.refresh() == nil)
        guard case .refused = file.refresh() else { throw DeadlinePassed(description: "an empty certificate was taken up") }
        #expect(file.refresh() == nil)
    }

    @Test(
        "What would let somebody in whom nobody let in before takes effect after a restart",
        arguments: [
            ("USERS", "", "basic_auth_users has gone"),
            ("USERS", "http_server_config: { http2: false }", "basic_auth_users has gone"),
            ("USERS", "basic_auth_users: {}", "basic_auth_users has gone"),
            ("TLS }", "", "tls_server_config has come or gone"),
            ("TLS }\nUSERS", "TLS }", "basic_auth_users has gone"),
            ("TLS, client_auth_type: RequireAndVerifyClientCert, CA }", "TLS }", "client_auth_type no longer verifies certificates"),
            (
                "TLS, client_auth_type: RequireAndVerifyClientCert, CA }", "TLS, client_auth_type: RequireAnyClientCert }",
                "client_auth_type no longer verifies certificates"
            ),
            (
                "TLS, client_auth_type: RequireAndVerifyClientCert, CA }", "TLS, client_auth_type: VerifyClientCertIfGiven, CA }",
                "client_auth_type no longer requires certificates"
            ),
            (
                "TLS, client_auth_type: VerifyClientCertIfGiven, CA }", "TLS, client_auth_type: RequireAnyClientCert }",
                "client_auth_type no longer verifies certificates"
            ),
            (
                "TLS, client_auth_type: RequireAnyClientCert }", "TLS, client_auth_type: RequestClientCert }",
                "client_auth_type no longer requires certificates"
            ),
            (
                "TLS, client_auth_type: RequireAndVerifyClientCert, CA, client_allowed_sans: [a] }",
                "TLS, client_auth_type: RequireAndVerifyClientCert, CA }", "client_allowed_sans has gone"
            ),
        ])
    func opened(before: String, after: String, problem: String) async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        func written(_ text: String) throws -> String {
            try certificates.webFile(
                text.replacing("USERS", with: "basic_auth_users: { prometheus: \(UserTests.secret) }")
                    .replacing("TLS", with: "tls_server_config: { cert_file: server.crt, key_file: server.key")
                    .replacing("CA", with: "client_ca_file: ca.crt").appending("\n"))
        }
        let path = try written(before)
        let file = try WebFile(path: path)
        _ = try written(after)
        #expect(file.refresh() == nil)
        #expect(file.refresh() == .refused("\(path): \(problem), which takes effect after a restart"))
        #expect(file.refresh() == nil)
        // What it was before is no change that needs one.
        _ = try written(before)
        #expect(file.refresh() == nil)
        #expect(file.refresh() == .takenUp)
    }
}
