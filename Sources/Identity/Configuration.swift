import FlowModel

/// What names the ends of flows. Keys: `identity`, `networks`.
package struct IdentityConfiguration: Sendable, Equatable {
    /// One entry of `networks:`.
    package struct Network: Sendable, Equatable {
        package var name: String
        package var cidrs: [IPNetwork]

        package init(name: String, cidrs: [IPNetwork]) {
            self.name = name
            self.cidrs = cidrs
        }
    }

    /// A Kubernetes `v1` List in YAML or JSON, as `kubectl get pods,services,nodes -A -o yaml` prints it; read again when it changes.
    package var file: String?
    /// The cluster's own ranges: an address in one that nobody owns is `reserved:unmanaged`, not `reserved:world`.
    package var clusterNetworks: [IPNetwork] = []
    /// How long the pairs of an endpoint that is gone stay, in nanoseconds.
    package var grace: Int64 = 300_000_000_000
    /// How long a flow waits for an owner of its addresses that is not known yet, in nanoseconds.
    package var wait: Int64 = 5_000_000_000
    /// What ends are called by beside namespace and pod.
    package var labels = LabelsConfiguration()
    /// Longest prefix wins.
    package var networks: [Network] = []

    package init() {}
}
