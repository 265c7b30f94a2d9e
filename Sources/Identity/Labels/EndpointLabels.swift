/// The labels of one end as they are exposed.
package struct EndpointLabels: Hashable, Sendable {
    /// The `…_namespace` label: a namespace, or one of the reserved names of DESIGN.md.
    package var namespace: String
    /// The `…_pod` label; empty for the ends that have none.
    package var pod: String
    /// The values of the other labels that are turned on: the end's in the order of `LabelsConfiguration.endNames`, and behind them, where it stands for a
    /// part of the traffic towards an end, those of `pairNames`. Empty where all of them are.
    package var more: [String]

    package init(namespace: String, pod: String, more: [String] = []) {
        self.namespace = namespace
        self.pod = pod
        self.more = more
    }

    /// What the pods of `namespace` are folded into.
    package static func folded(namespace: String) -> EndpointLabels {
        EndpointLabels(namespace: namespace, pod: "reserved:other")
    }
}
