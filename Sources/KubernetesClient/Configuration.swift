/// Where the cluster is learnt from. Key: `kubernetes`.
package struct KubernetesConfiguration: Sendable, Equatable {
    /// Whose credentials are used.
    package enum Mode: String, Sendable, CaseIterable {
        /// A kubeconfig that the configuration names, else the pod's service account, else kubectl's kubeconfig; where there is none of them,
        /// Kubernetes is not asked.
        case auto
        /// The service account of the pod that Weir runs in.
        case inCluster = "in-cluster"
        /// A file as kubectl's.
        case kubeconfig
        /// Kubernetes is not asked.
        case disabled
    }

    package var mode = Mode.auto
    /// The path of a kubeconfig; nil: `KUBECONFIG`, else `~/.kube/config`.
    package var kubeconfig: String?
    /// The namespaces whose pods and services are read; empty: all.
    package var namespaces: [String] = []
    /// How long `/-/ready` waits for the first complete lists, in nanoseconds.
    package var syncTimeout: Int64 = 30_000_000_000

    package init() {}
}
