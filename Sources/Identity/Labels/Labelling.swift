import KubernetesObjects

/// How a table names its ends, made ready from the configuration.
struct Labelling: Sendable {
    let namespaces: NamespaceFilter
    /// Of ends, in the order in which they are exposed.
    private let labels: [LabelsConfiguration.Label]
    let podLabels: [String]
    /// Whether ends have more labels than namespace and pod.
    let isOn: Bool
    let wantsWorkloads: Bool
    let wantsZones: Bool
    let wantsApps: Bool
    /// Whether it is to be known which ports containers have.
    let wantsPorts: Bool

    init(_ configuration: LabelsConfiguration) {
        namespaces = configuration.namespaces
        labels = [.workload, .workloadKind, .node, .zone, .app].filter(configuration.labels.contains)
        podLabels = configuration.podLabels
        isOn = !labels.isEmpty || !podLabels.isEmpty
        wantsWorkloads = configuration.wantsOwners
        wantsZones = labels.contains(.zone)
        wantsApps = labels.contains(.app)
        wantsPorts = configuration.labels.contains(.servicePort)
    }

    /// The values of an end's labels, in their order; none where all of them are empty, so that an end of which nothing is known has one number, whoever
    /// names it.
    func values(workload: Workload? = nil, node: String? = nil, zone: String? = nil, app: String? = nil, podLabels: [String] = []) -> [String] {
        var values: [String] = []
        values.reserveCapacity(labels.count + self.podLabels.count)
        for label in labels {
            switch label {
            case .workload: values.append(workload?.name ?? "")
            case .workloadKind: values.append(workload?.kind ?? "")
            case .node: values.append(node ?? "")
            case .zone: values.append(zone ?? "")
            case .app: values.append(app ?? "")
            case .protocol, .servicePort: break
            }
        }
        values += podLabels.isEmpty ? [String](repeating: "", count: self.podLabels.count) : podLabels
        return values.allSatisfy(\.isEmpty) ? [] : values
    }

    /// An object's label `app`: the recommended one, else the one that is older than that.
    static func app(_ metadata: ObjectMetadata) -> String {
        metadata.labels?["app.kubernetes.io/name"] ?? metadata.labels?["app"] ?? ""
    }
}
