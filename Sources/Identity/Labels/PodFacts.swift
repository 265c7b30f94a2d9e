import KubernetesObjects

/// What is kept of a pod to name it by, and of its ports; only where labels need it.
final class PodFacts: Sendable, Equatable {
    struct Port: Sendable, Equatable {
        var port: UInt16
        /// IP protocol number.
        var protocolNumber: UInt8
    }

    let owner: PodOwner?
    let nodeName: String?
    let app: String
    /// In the order of the configuration.
    let podLabels: [String]
    let ports: [Port]

    init(_ pod: Pod, node: String?, _ labelling: Labelling) {
        owner = PodOwner(pod.metadata)
        nodeName = labelling.isOn ? node : nil
        app = labelling.wantsApps ? Labelling.app(pod.metadata) : ""
        podLabels = labelling.podLabels.map { pod.metadata.labels?[$0] ?? "" }
        ports =
            labelling.wantsPorts && !pod.hasEnded && !pod.isOnHostNetwork
            ? pod.ports.map { Port(port: $0.containerPort.rawValue, protocolNumber: ($0.protocol ?? .tcp).number) } : []
    }

    static func == (left: PodFacts, right: PodFacts) -> Bool {
        left === right
            || (left.owner, left.nodeName, left.app) == (right.owner, right.nodeName, right.app) && left.podLabels == right.podLabels
                && left.ports == right.ports
    }
}
