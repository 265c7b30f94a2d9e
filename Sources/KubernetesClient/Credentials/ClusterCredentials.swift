import ConfigurationFile
import HTTPClient

/// Where the API server is, how it is known, and who asks.
package struct ClusterCredentials: Sendable, Equatable {
    /// Who asks, beside a client certificate.
    package enum Authentication: Sendable, Equatable {
        case none
        case token(Secret)
        /// A file with a token, which is another one every hour; `instead` is for as long as it cannot be read.
        case tokenFile(String, instead: Secret?)
        case basic(user: String, password: Secret)
    }

    /// `http` or `https`, with a path where the API stands below one; no slash at its end.
    package var server: String
    package var tls: TLSOptions
    package var authentication: Authentication
    /// What they were read from, for people.
    package var source: String
    /// What a person should know of them.
    package var warnings: [String]

    /// Credentials as their parts say.
    package init(server: String, tls: TLSOptions, authentication: Authentication, source: String, warnings: [String]) {
        self.server = server
        self.tls = tls
        self.authentication = authentication
        self.source = source
        self.warnings = warnings
    }

    /// The surroundings in which credentials are found.
    package struct Surroundings: Sendable {
        /// `KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` of it are read.
        package var environment: [String: String]
        /// Where a pod's service account is mounted.
        package var serviceAccount: String

        /// Surroundings with the mount of every pod, unless another one is given.
        package init(environment: [String: String], serviceAccount: String = "/var/run/secrets/kubernetes.io/serviceaccount") {
            self.environment = environment
            self.serviceAccount = serviceAccount
        }
    }

    /// Finds the credentials that the configuration means.
    ///
    /// - Returns: nil where Kubernetes is not to be asked: `disabled`, or `auto` with no credentials around.
    /// - Throws: What is wrong with those that are meant; of a kubeconfig with file, line and key.
    package static func find(
        _ configuration: KubernetesConfiguration, in surroundings: Surroundings
    ) throws(ConfigurationError) -> ClusterCredentials? {
        switch configuration.mode {
        case .disabled:
            return nil
        case .inCluster:
            return try inCluster(surroundings)
        case .kubeconfig:
            return try Kubeconfig(at: configuration.kubeconfig, in: surroundings).credentials()
        case .auto:
            if configuration.kubeconfig == nil {
                if isInCluster(surroundings) { return try inCluster(surroundings) }
                guard !Kubeconfig.paths(in: surroundings).filter(SmallFile.exists).isEmpty else { return nil }
            }
            return try Kubeconfig(at: configuration.kubeconfig, in: surroundings).credentials()
        }
    }
}
