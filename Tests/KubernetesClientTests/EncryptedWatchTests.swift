import ConfigurationFile
import Foundation
import HTTPClient
import HTTPServer
import KubernetesClient
import Support
import Testing

@Suite("An API server with TLS") struct EncryptedWatchTests {
    /// Serves one pod, and watches that end at once, to those who show a certificate of the authority.
    private func serve(_ certificates: TestCertificates) async throws -> HTTPServer {
        try await certificates.issue("server")
        let tls = "cert_file: server.crt, key_file: server.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt"
        let file = try WebFile(path: certificates.webFile("tls_server_config: { \(tls) }\n"))
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        return try HTTPServer(configuration: configuration, webFile: file) { request in
            let body = request.queryValue("watch") == nil ? Sample.list([Sample.pod("a")], version: 5) : Sample.bookmark(6)
            return .json(Array(body.utf8))
        }
    }

    private func watch(_ credentials: ClusterCredentials, _ transport: HTTPTransport, _ store: Store) -> KubernetesWatch {
        var settings = ListWatch.Settings()
        settings.firstWait = .milliseconds(50)
        let watch = KubernetesWatch(
            configuration: KubernetesConfiguration(), credentials: credentials, transport: transport, resources: [.pods], settings: settings,
            sink: store
        ) { _ in }
        watch.start()
        return watch
    }

    @Test("A kubeconfig with an authority and a client certificate, inline and in files, leads to it; one of another authority does not")
    func kubeconfig() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("client", for: "clientAuth")
        let server = try await serve(certificates)
        func inline(_ file: String) throws -> String { try Data(contentsOf: URL(filePath: certificates.folder.path(file))).base64EncodedString() }
        let other = try await TestCertificates()
        let user = "client-certificate-data: \(try inline("client.crt")), client-key-data: \(try inline("client.key"))"
        let cases = [
            ("certificate-authority: ca.crt", "client-certificate: client.crt, client-key: client.key", true),
            ("certificate-authority-data: \(try inline("ca.crt"))", user, true),
            ("certificate-authority-data: \(try inline("ca.crt")), tls-server-name: localhost", user, true),
            ("insecure-skip-tls-verify: true", user, true),
            ("certificate-authority: \(other.folder.path("ca.crt"))", user, false),
            ("certificate-authority: ca.crt, tls-server-name: kubernetes", user, false),
            ("certificate-authority: ca.crt", "{}", false),
        ]
        for (index, (cluster, user, isTrusted)) in cases.enumerated() {
            let path = try certificates.folder.write(
                "kubeconfig-\(index)",
                """
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:\(server.port)", \(cluster)}}]
                users: [{name: u, user: \(user == "{}" ? user : "{\(user)}")}]
                """)
            var configuration = KubernetesConfiguration()
            configuration.kubeconfig = path
            let found = try #require(try ClusterCredentials.find(configuration, in: .init(environment: [:])))
            let transport = HTTPTransport(threadName: "weir-kube")
            let store = Store()
            let watch = watch(found, transport, store)
            if isTrusted {
                try await waitUntil("synced: \(cluster)") { watch.status.isSynced }
                #expect(store.log == ["= a"])
            } else {
                try await waitUntil("refused: \(cluster)") { !watch.status.restarts(of: .pods).isEmpty }
                #expect(!watch.status.isSynced && store.log.isEmpty)
            }
            watch.stop()
            transport.stop()
        }
        await server.stop(within: .zero)
    }

    @Test("A proxy of the environment is asked for a tunnel, in which TLS is the API server's own")
    func proxy() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("client", for: "clientAuth")
        let server = try await serve(certificates)
        let proxy = try ConnectProxy()
        let kubeconfig = try certificates.folder.write(
            "kubeconfig",
            """
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://localhost:\(server.port)", certificate-authority: ca.crt}}]
            users: [{name: u, user: {client-certificate: client.crt, client-key: client.key}}]
            """)
        // An environment of its own: the proxy is not for other tests.
        let run = try await ChildProcess.run(
            RunningWeir.program,
            [
                "decode", SharedFiles.captures.appending(path: "softflowd-v5.pcap").path, "--count", "1", "--output", "json", "--kubeconfig",
                kubeconfig,
            ],
            environment: ["HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""])
        #expect(run.status == 0 && run.output.contains("src_namespace"), "\(run.errors)")
        #expect(!proxy.asked.isEmpty && proxy.asked.allSatisfy { $0 == "CONNECT localhost:\(server.port) HTTP/1.1" }, "\(proxy.asked)")
        proxy.stop()
        await server.stop(within: .zero)
    }
}
