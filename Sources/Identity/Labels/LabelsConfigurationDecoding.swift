import ConfigurationFile

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
