import ConfigurationFile
import HTTPClient

extension ClusterCredentials {
    /// Whether this is a pod with a service account.
    static func isInCluster(_ surroundings: Surroundings) -> Bool {
        !(surroundings.environment["KUBERNETES_SERVICE_HOST"] ?? "").isEmpty && SmallFile.exists(surroundings.serviceAccount + "/token")
    }

    /// The credentials of the pod's service account: the environment says where the API server is, a mount has its authority's certificate and a
    /// token.
    static func inCluster(_ surroundings: Surroundings) throws(ConfigurationError) -> ClusterCredentials {
        let environment = surroundings.environment
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"], !host.isEmpty, !port.isEmpty
        else {
            throw ConfigurationPlace(file: "kubernetes.mode: in-cluster")
                .error("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod")
        }
        let token = surroundings.serviceAccount + "/token"
        let authority = surroundings.serviceAccount + "/ca.crt"
        for path in [token, authority] {
            do {
                _ = try SmallFile.read(path)
            } catch {
                throw ConfigurationPlace(file: path).error("\(error.message) (has the pod a service account, and automountServiceAccountToken?)")
            }
        }
        return ClusterCredentials(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            tls: TLSOptions(certificateAuthority: .certificates(.file(authority))),
            authentication: .tokenFile(token, instead: nil), source: "the pod's service account", warnings: [])
    }
}
