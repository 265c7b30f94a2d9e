import KubernetesObjects

extension Resource {
    /// The members that KubernetesObjects' types read.
    var keptKeys: KeptKeys {
        let labelled: [(String, KeptKeys)] = [("metadata", Self.metadata(withLabels: true))]
        switch self {
        case .replicaSets, .jobs:
            return .members([("metadata", Self.metadata(withLabels: false))])
        case .nodes:
            return .members(labelled + [("spec", .names("podCIDR", "podCIDRs")), ("status", .members([("addresses", .names("type", "address"))]))])
        case .pods:
            let port = KeptKeys.names("name", "containerPort", "protocol")
            let container = KeptKeys.members([("ports", port)])
            return .members(
                labelled + [
                    ("spec", .members([("nodeName", .all), ("hostNetwork", .all), ("containers", container)])),
                    ("status", .names("phase", "podIP", "podIPs", "hostIP", "hostIPs", "startTime")),
                ])
        case .services:
            return .members(
                labelled + [
                    ("spec", .names("type", "clusterIP", "clusterIPs", "externalIPs", "ports", "selector")),
                    ("status", .members([("loadBalancer", .members([("ingress", .names("ip"))]))])),
                ])
        case .endpointSlices:
            let endpoint = KeptKeys.members([
                ("addresses", .all), ("conditions", .all), ("nodeName", .all), ("targetRef", .names("kind", "namespace", "name")),
            ])
            return .members(labelled + [("addressType", .all), ("ports", .all), ("endpoints", endpoint)])
        }
    }

    private static func metadata(withLabels: Bool) -> KeptKeys {
        var members: [(String, KeptKeys)] = ["name", "namespace", "uid", "resourceVersion", "deletionTimestamp"].map { ($0, .all) }
        members.append(("ownerReferences", .names("kind", "name", "uid", "controller")))
        if withLabels {
            members.append(("labels", .all))
            members.append(("annotations", .members(AddressAnnotation.names.sorted().map { ($0, .all) })))
        }
        return .members(members)
    }
}
