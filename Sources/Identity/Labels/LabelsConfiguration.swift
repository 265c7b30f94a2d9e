import ConfigurationFile

/// What is exposed of ends beside namespace and pod, and of which namespaces. Keys: `labels`, `pod_labels`, `service_ports` and `namespaces` of `metrics`.
package struct LabelsConfiguration: Sendable, Equatable {
    /// The labels that can be turned on.
    package enum Label: String, Sendable, CaseIterable {
        case workload
        case workloadKind = "workload_kind"
        case node
        case zone
        case app
        case `protocol`
        case servicePort = "service_port"
    }

    package var labels: Set<Label> = []
    /// Labels of pods, by their Kubernetes names.
    package var podLabels: [String] = []
    /// Ports that the label `service_port` names whoever has them.
    package var servicePorts: [ClosedRange<UInt16>] = []
    package var namespaces = NamespaceFilter()

    /// Namespace and pod, of all namespaces.
    package init() {}

    /// What pods' own ends are called, and Services' and hosts': the suffixes of `source_…` and `destination_…`, in the order in which they are exposed.
    package var endNames: [String] {
        [Label.workload, .workloadKind, .node, .zone, .app].filter(labels.contains).map(\.rawValue) + podLabels.map(Self.exposedName)
    }

    /// Labels of what flows from end to end, in the order in which they are exposed.
    package var pairNames: [String] {
        [Label.protocol, .servicePort].filter(labels.contains).map(\.rawValue)
    }

    /// Whether the objects that own pods' owners have to be known.
    package var wantsOwners: Bool { labels.contains(.workload) || labels.contains(.workloadKind) }

    /// What a Kubernetes label is exposed as behind `source_` and `destination_`; as kube-state-metrics does it: `label_app_kubernetes_io_name`.
    package static func exposedName(ofPodLabel name: String) -> String {
        var exposed = "label_"
        var isAfterSmall = false
        for octet in name.utf8 {
            switch octet {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if isAfterSmall { exposed += "_" }
                exposed.unicodeScalars.append(Unicode.Scalar(octet | 0x20))
                isAfterSmall = false
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                exposed.unicodeScalars.append(Unicode.Scalar(octet))
                isAfterSmall = true
            default:
                exposed += "_"
                isAfterSmall = false
            }
        }
        return exposed
    }
}

extension LabelsConfiguration {
    /// Reads its keys of `metrics` in the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        let metrics = root.section("metrics")
        if let labels = metrics.list("labels", of: ValueKind<Label>.word) { self.labels = Set(labels) }
        if let names = metrics.list("pod_labels", of: .podLabel) {
            podLabels = names
            var places: [String: String] = [:]
            for (index, name) in names.enumerated() {
                let exposed = Self.exposedName(ofPodLabel: name)
                if let first = places.updateValue(name, forKey: exposed), first != name {
                    metrics.report("pod_labels", element: index, "\"\(name)\" and \"\(first)\" would both be exposed as source_\(exposed)")
                }
            }
        }
        if let ports = metrics.list("service_ports", of: .portRange) { servicePorts = ports }
        let namespaces = metrics.section("namespaces")
        if let patterns = namespaces.list("include", of: .namespacePattern) { self.namespaces.include = patterns }
        if let patterns = namespaces.list("exclude", of: .namespacePattern) { self.namespaces.exclude = patterns }
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        text.set("labels", in: "metrics", .list(Label.allCases.filter(labels.contains).map { .text($0.rawValue) }))
        text.set("pod_labels", in: "metrics", .list(podLabels.map { .text($0) }))
        text.set(
            "service_ports", in: "metrics",
            .list(servicePorts.map { .plain($0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)") }))
        text.set(
            "namespaces", in: "metrics",
            .section([
                ("include", .list(namespaces.include.map { .text($0) })), ("exclude", .list(namespaces.exclude.map { .text($0) })),
            ]))
    }
}
