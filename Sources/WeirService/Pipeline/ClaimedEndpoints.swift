import Identity

/// Endpoints that an exporter's own word named, held as long as the shard lives: at most as many as pairs are exposed.
struct ClaimedEndpoints: Sendable {
    private let registry: EndpointRegistry
    private let namespaces: NamespaceFilter
    private let hasMoreLabels: Bool
    private let limit: Int
    private var numbers: [EndpointLabels: EndpointNumber] = [:]
    /// Those that were believed while nothing was known of the cluster; they stay held, since flows may have counted there.
    private var believed: [EndpointLabels: EndpointNumber] = [:]
    private var mustBeKnown = false

    init(registry: EndpointRegistry, labels: LabelsConfiguration, limit: Int) {
        self.registry = registry
        namespaces = labels.namespaces
        hasMoreLabels = !labels.endNames.isEmpty
        self.limit = limit
    }

    /// The endpoint of a claimed pod; nil where it must be known and is not, where the name is none of Kubernetes', or where there are too many.
    ///
    /// An exporter tells no more of a pod than its name: where its address is known to be the same pod's, it is `number`.
    mutating func number(namespace: String, pod: String, at number: EndpointNumber, mustBeKnown: Bool) -> EndpointNumber? {
        let labels = EndpointLabels(namespace: namespace, pod: pod)
        if hasMoreLabels {
            let known = registry.labels(of: number)
            if (known.namespace, known.pod) == (namespace, pod) { return number }
        }
        if mustBeKnown, !self.mustBeKnown {
            self.mustBeKnown = true
            swap(&numbers, &believed)
        }
        if let number = numbers[labels] { return number }
        guard numbers.count + believed.count < limit, Self.isName(namespace), Self.isName(pod) else { return nil }
        if !namespaces.admits(namespace) { return .other }
        guard !mustBeKnown || registry.isKnown(labels) else { return nil }
        let number = registry.hold(labels)
        numbers[labels] = number
        return number
    }

    /// Whether it can be a Kubernetes name (RFC 1123 subdomain): no reserved name can be claimed, since those have a colon.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D || $0 == 0x2E }
    }
}
