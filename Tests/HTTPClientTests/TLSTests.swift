import Foundation
import HTTPClient
import Support
import Testing

@Suite("TLS and client certificates", .serialized)
struct TLSTests {
    private let transport = HTTPTransport(threadName: "test-tls")

    /// Weir's own server with a certificate for localhost and 127.0.0.1.
    private func serve(_ certificates: TestCertificates, _ more: String = "") throws -> TestServer {
        try TestServer(webFile: certificates.webFile("tls_server_config: { cert_file: server.crt, key_file: server.key\(more) }\n"))
    }

    private func octets(_ certificates: TestCertificates, _ name: String) throws -> TLSOptions.PEM {
        .octets(Array(try Data(contentsOf: certificates.folder.url.appending(path: name))))
    }

    private func file(_ certificates: TestCertificates, _ name: String) -> TLSOptions.PEM {
        .file(certificates.folder.path(name))
    }

    private func ask(_ server: TestServer, _ tls: TLSOptions, host: String = "127.0.0.1", path: String = "/whoami") async throws -> Recorder.Record {
        try await transport.fetch(ClientRequest(url: "https://\(host):\(server.port)\(path)", tls: tls))
    }

    @Test("A server is believed whose authority is given, as octets or as a file, or when nothing is verified; and else it is not")
    func authority() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let other = try await TestCertificates()
        let server = try serve(certificates)
        for tls in try [
            TLSOptions(certificateAuthority: .certificates(octets(certificates, "ca.crt"))),
            TLSOptions(certificateAuthority: .certificates(file(certificates, "ca.crt"))), TLSOptions(skipsVerification: true),
        ] {
            for host in ["127.0.0.1", "localhost"] {
                let answer = try await ask(server, tls, host: host)
                #expect(answer.failure == nil && answer.text == "nobody\n", "\(answer)")
            }
        }
        for tls in try [TLSOptions(), TLSOptions(certificateAuthority: .certificates(octets(other, "ca.crt")))] {
            let failure = try await ask(server, tls).failure
            #expect(failure?.kind == .tls, "\(String(describing: failure))")
            #expect(
                failure?.message.hasPrefix("127.0.0.1:\(server.port): its certificate is not trusted (") == true, "\(String(describing: failure))")
            #expect(failure?.message.contains("/proc") == false)
        }
        await server.stop()
    }

    @Test("A certificate that has expired, one for another name, and a server without TLS are failures of TLS")
    func wrongServers() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server", names: "DNS:kubernetes.default.svc")
        let trusting = try TLSOptions(certificateAuthority: .certificates(octets(certificates, "ca.crt")))
        let misnamed = try serve(certificates)
        let failure = try await ask(misnamed, trusting).failure
        #expect(failure?.kind == .tls && failure?.message.contains("127.0.0.1") == true, "\(String(describing: failure))")
        await misnamed.stop()

        // Weir's own server does not start with a certificate that has expired.
        let old = try await TestCertificates()
        try await old.issue("server", days: -1)
        let expired = try ChildProcess(
            "openssl", ["s_server", "-accept", "127.0.0.1:0", "-cert", old.folder.path("server.crt"), "-key", old.folder.path("server.key"), "-www"])
        let port = try await waitUntil("openssl says its port") {
            expired.standardOutput.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") }?.split(separator: ":").last.flatMap { Int($0) }
        }
        let trustingOld = try TLSOptions(certificateAuthority: .certificates(octets(old, "ca.crt")))
        let refusal = try await transport.fetch(ClientRequest(url: "https://127.0.0.1:\(port)/", tls: trustingOld)).failure
        #expect(refusal?.kind == .tls && refusal?.message.contains("its certificate is not trusted") == true, "\(String(describing: refusal))")
        expired.send(SIGTERM)

        let plain = try TestServer()
        #expect(try await ask(plain, trusting).failure?.kind == .tls)
        await plain.stop()

        let silent = try RawServer { $0.waitForClose() }
        let slow = ClientRequest(url: "https://127.0.0.1:\(silent.port)/", connectTimeout: .milliseconds(300))
        let message = "127.0.0.1:\(silent.port): no connection within 0.3 seconds"
        #expect(try await transport.fetch(slow).failure == HTTPFailure(kind: .connect, message: message))
        silent.stop()
    }

    @Test("Another name that the server is asked for is the one that it must have, and the Host header stays the URL's")
    func serverName() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server", names: "DNS:kubernetes.default.svc")
        let server = try serve(certificates)
        var tls = try TLSOptions(certificateAuthority: .certificates(octets(certificates, "ca.crt")), serverName: "kubernetes.default.svc")
        for host in ["127.0.0.1", "localhost"] {
            let answer = try await ask(server, tls, host: host, path: "/echo?a=b")
            #expect(answer.failure == nil && answer.text.contains("Host: \(host):\(server.port)\n"), "\(answer)")
        }
        for name in ["kubernetes", "127.0.0.1", "a b", "a\r\nb"] {
            tls.serverName = name
            let failure = try await ask(server, tls, host: "localhost").failure
            #expect(failure != nil && failure?.message.hasPrefix("localhost:\(server.port): ") == true, "\(name): \(String(describing: failure))")
        }
        await server.stop()
    }

    @Test("A client certificate is shown, from octets or files, and each identity has connections of its own")
    func clientCertificates() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        try await certificates.issue("alice", for: "clientAuth")
        try await certificates.issue("bob", for: "clientAuth")
        let server = try serve(certificates, ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt")
        for _ in 0..<2 {
            for name in ["alice", "bob", nil] {
                for isInline in [true, false] {
                    let pem = { (file: String) in isInline ? try octets(certificates, file) : self.file(certificates, file) }
                    var tls = try TLSOptions(certificateAuthority: .certificates(pem("ca.crt")))
                    if let name { tls.clientCertificate = try .init(certificate: pem("\(name).crt"), key: pem("\(name).key")) }
                    let answer = try await ask(server, tls)
                    #expect(answer.text == (name.map { "certificate CN=\($0)\n" } ?? "nobody\n"), "\(answer)")
                }
            }
        }
        await server.stop()
    }

    @Test("A server that takes no client without its certificate, and one that refuses it, are failures of TLS or end the connection")
    func refusedClients() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        try await certificates.selfSigned("rogue")
        let server = try serve(certificates, ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt")
        var tls = try TLSOptions(certificateAuthority: .certificates(octets(certificates, "ca.crt")))
        for client in [nil, "rogue"] {
            if let client {
                tls.clientCertificate = try .init(certificate: octets(certificates, "\(client).crt"), key: octets(certificates, "\(client).key"))
            }
            let failure = try await ask(server, tls).failure
            // The alert may be lost: the server closes with the request unread, so that TCP resets the connection.
            #expect(
                failure?.kind == .tls && failure?.message.contains("alert") == true || failure?.kind == .cut,
                "\(client ?? "nobody"): \(String(describing: failure))")
        }
        await server.stop()
    }

    @Test("Certificates and keys that cannot be read are failures of TLS that name their file")
    func unreadable() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        try await certificates.issue("client", for: "clientAuth")
        let server = try serve(certificates)
        let garbage = TLSOptions.PEM.octets(Array("garbage".utf8))
        for (authority, word) in [
            (TLSOptions.PEM.file("/nowhere/ca.crt"), "/nowhere/ca.crt"), (garbage, "not trusted"), (.octets([]), "not trusted"),
        ] {
            let failure = try await ask(server, TLSOptions(certificateAuthority: .certificates(authority))).failure
            #expect(failure?.kind == .tls && failure?.message.contains(word) == true, "\(String(describing: failure))")
        }
        for (certificate, key) in try [
            (garbage, octets(certificates, "client.key")), (octets(certificates, "client.crt"), garbage),
            (octets(certificates, "client.crt"), octets(certificates, "server.key")),
            (.file("/nowhere/client.crt"), octets(certificates, "client.key")),
        ] {
            let tls = try TLSOptions(
                certificateAuthority: .certificates(octets(certificates, "ca.crt")), clientCertificate: .init(certificate: certificate, key: key))
            let failure = try await ask(server, tls).failure
            #expect(failure?.kind == .tls && failure?.message.contains("client certificate") == true, "\(String(describing: failure))")
            #expect(failure?.message.contains("/nowhere/client.crt") == (certificate == .file("/nowhere/client.crt")))
        }
        await server.stop()
    }

    @Test("Octets of the same content are one file in memory, and none is left when the transport has stopped")
    func memory() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let server = try serve(certificates)
        let tls = try TLSOptions(certificateAuthority: .certificates(octets(certificates, "ca.crt")))
        let before = try memoryFiles()
        for _ in 0..<3 { #expect(try await ask(server, tls).failure == nil) }
        #expect(try memoryFiles() == before + 1)
        transport.stop()
        #expect(try memoryFiles() == before)
        await server.stop()
    }

    /// How many files in memory this process has open.
    private func memoryFiles() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.contains("memfd:weir-pem") ?? false
        }
    }
}
