import Foundation

/// An authority and the certificates it has signed, made anew with openssl.
package struct TestCertificates {
    /// Where they stand, with `ca.crt`.
    package let folder: TemporaryFolder

    /// An authority that has signed nothing.
    package init() async throws {
        folder = try TemporaryFolder()
        try await selfSigned("ca")
    }

    /// Makes `NAME.crt` and `NAME.key`, signed by the authority.
    package func issue(_ name: String, names: String = "DNS:localhost,IP:127.0.0.1", for purpose: String = "serverAuth", days: Int = 30) async throws
    {
        let request = try await openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout", folder.path("\(name).key")])
        let file = try folder.write("\(name).csr", request)
        let extensions = try folder.write("\(name).ext", "subjectAltName=\(names)\nextendedKeyUsage=\(purpose)\n")
        _ = try await openssl([
            "x509", "-req", "-in", file, "-CA", folder.path("ca.crt"), "-CAkey", folder.path("ca.key"), "-set_serial",
            "\(Int.random(in: 1...(1 << 40)))",
            "-days", "\(days)", "-extfile", extensions, "-out", folder.path("\(name).crt"),
        ])
    }

    /// Makes `NAME.crt` and `NAME.key`, signed by itself.
    package func selfSigned(_ name: String, days: Int = 30) async throws {
        _ = try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "\(days)", "-subj", "/CN=\(name)", "-keyout",
            folder.path("\(name).key"), "-out", folder.path("\(name).crt"),
        ])
    }

    /// Writes a web configuration file beside them.
    @discardableResult
    package func webFile(_ text: String) throws -> String {
        try folder.write("web.yml", text)
    }

    /// The arguments with which curl shows a certificate, and trusts the authority.
    package func arguments(as client: String? = nil) -> [String] {
        ["--cacert", folder.path("ca.crt")] + (client.map { ["--cert", folder.path("\($0).crt"), "--key", folder.path("\($0).key")] } ?? [])
    }

    private func openssl(_ arguments: [String]) async throws -> String {
        let run = try await ChildProcess.run("openssl", arguments)
        guard run.status == 0 else { throw DeadlinePassed(description: "openssl: \(run.errors)") }
        return run.output
    }
}
