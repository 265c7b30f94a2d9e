import ConfigurationFile
import Foundation
import HTTPClient

/// Makes credentials of a cluster and a user, and says what of them cannot be used.
struct KubeconfigResolution {
    let cluster: Kubeconfig.Cluster
    let user: Kubeconfig.User
    /// What they were read from.
    let source: String

    func credentials() throws(ConfigurationError) -> ClusterCredentials {
        let server = try server()
        if let key = user.unsupported.first { throw key.place.error(Self.reason(against: key.value)) }
        if let proxy = cluster.proxy { throw proxy.place.error("is not supported (set HTTPS_PROXY in Weir's environment instead)") }
        var warnings: [String] = []
        var tls = TLSOptions()
        tls.serverName = cluster.serverName
        tls.skipsVerification = cluster.skipsVerification?.value ?? false
        if let authority = try pem(data: cluster.authorityData, file: cluster.authority) {
            if let flag = cluster.skipsVerification, flag.value {
                throw flag.place.error("is true, which a certificate-authority beside it contradicts")
            }
            tls.certificateAuthority = .certificates(authority)
        }
        if tls.skipsVerification {
            warnings.append("\(source): insecure-skip-tls-verify is set: anybody on the way to \(server) can read Weir's token and make up pods")
        }
        tls.clientCertificate = try clientCertificate()
        let authentication = try authentication()
        if server.hasPrefix("http://"), authentication != .none {
            warnings.append("\(source): \(server) is not encrypted: anybody on the way can read Weir's token")
        }
        return ClusterCredentials(server: server, tls: tls, authentication: authentication, source: source, warnings: warnings)
    }

    private func server() throws(ConfigurationError) -> String {
        guard let server = cluster.server else { throw cluster.place.error("has no server") }
        let text = server.value.lowercased()
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix), text.utf8.count > scheme.utf8.count,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "@") })
        else { throw server.place.error("is not the URL of a server (try https://192.0.2.1:6443)") }
        var url = server.value
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    private func clientCertificate() throws(ConfigurationError) -> TLSOptions.ClientCertificate? {
        let certificate = try pem(data: user.certificateData, file: user.certificate)
        let key = try pem(data: user.keyData, file: user.key)
        switch (certificate, key) {
        case (let certificate?, let key?): return TLSOptions.ClientCertificate(certificate: certificate, key: key)
        case (nil, nil): return nil
        case (_?, nil): throw (user.certificateData ?? user.certificate).error("has no client-key beside it")
        case (nil, _?): throw (user.keyData ?? user.key).error("has no client-certificate beside it")
        }
    }

    private func authentication() throws(ConfigurationError) -> ClusterCredentials.Authentication {
        if let file = user.tokenFile {
            do {
                _ = try SmallFile.token(file.value)
            } catch {
                guard user.token != nil else { throw file.place.error("\(file.value) \(error.message)") }
            }
            return .tokenFile(file.value, instead: user.token)
        }
        if let token = user.token { return .token(token) }
        if let name = user.name { return .basic(user: name.value, password: user.password ?? Secret("")) }
        return .none
    }

    /// Inline data comes before a file.
    private func pem(data: Kubeconfig.Placed<String>?, file: Kubeconfig.Placed<String>?) throws(ConfigurationError) -> TLSOptions.PEM? {
        if let data {
            guard let octets = Data(base64Encoded: data.value, options: .ignoreUnknownCharacters), !octets.isEmpty else {
                throw data.place.error("is not base64")
            }
            guard octets.starts(with: Data("-----BEGIN ".utf8)) || octets.range(of: Data("\n-----BEGIN ".utf8)) != nil else {
                throw data.place.error("is base64, but not of PEM (-----BEGIN …)")
            }
            return .octets(Array(octets))
        }
        guard let file else { return nil }
        do {
            _ = try SmallFile.read(file.value)
        } catch {
            throw file.place.error("\(file.value) \(error.message)")
        }
        return .file(file.value)
    }

    private static func reason(against key: String) -> String {
        switch key {
        case "exec", "auth-provider":
            "is not supported: Weir runs no other programs for its credentials (make a token with kubectl create token, and name it as token or tokenFile)"
        default:
            "is not supported: Weir asks as the user itself"
        }
    }
}

extension Kubeconfig.Placed<String>? {
    /// That this is wrong; only asked of what is there.
    fileprivate func error(_ message: String) -> ConfigurationError {
        (self?.place ?? ConfigurationPlace(file: "kubeconfig")).error(message)
    }
}
