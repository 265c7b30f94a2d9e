import Identity

/// The workloads of endpoints, numbered; what is looked up once is remembered until the endpoint goes.
struct WorkloadTable: Sendable {
    /// Workloads it knows at most; a new one beyond is the rest of its namespace.
    static let limit = 1 << 18

    private(set) var names: [WorkloadName] = []
    /// Endpoints that count as the rest of their namespace, since there was no room for their workload.
    private(set) var refused: UInt64 = 0
    /// The value of the label `app`, where that is exposed.
    private(set) var apps: [String] = []
    private var numbers: [WorkloadName: WorkloadNumber] = [:]
    private var ofEndpoints: [EndpointNumber: WorkloadNumber] = [:]
    /// Endpoints looked up for the first time since the last review, and since the one before: what looks after a pod may become known after its first flow.
    private var young: [EndpointNumber] = []
    private var recent: [EndpointNumber] = []
    /// Where `app` stands in `EndpointLabels.more`; nil where it is not exposed.
    private let appPlace: Int?

    init(appPlace: Int?) {
        self.appPlace = appPlace
    }

    /// What an endpoint is compared as.
    mutating func number(of endpoint: EndpointNumber, _ registry: EndpointRegistry, _ identity: IdentitySnapshot) -> WorkloadNumber {
        if let number = ofEndpoints[endpoint] { return number }
        young.append(endpoint)
        return lookUp(endpoint, registry, identity)
    }

    private mutating func lookUp(_ endpoint: EndpointNumber, _ registry: EndpointRegistry, _ identity: IdentitySnapshot) -> WorkloadNumber {
        let labels = registry.labels(of: endpoint)
        let number = number(of: Self.name(labels, identity.workload(of: endpoint)))
        ofEndpoints[endpoint] = number
        if let appPlace, appPlace < labels.more.count { apps[Int(number.rawValue)] = labels.more[appPlace] }
        return number
    }

    /// What is said of endpoints that are gone; their numbers may stand for others soon.
    mutating func forget(_ endpoints: Set<EndpointNumber>) {
        for endpoint in endpoints { ofEndpoints[endpoint] = nil }
    }

    /// Looks young endpoints up again; those that are compared as something else now.
    mutating func review(_ registry: EndpointRegistry, _ identity: IdentitySnapshot) -> Set<EndpointNumber> {
        var changed: Set<EndpointNumber> = []
        for endpoint in young + recent {
            guard let before = ofEndpoints.removeValue(forKey: endpoint) else { continue }
            if lookUp(endpoint, registry, identity) != before { changed.insert(endpoint) }
        }
        recent = young
        young = []
        return changed
    }

    private static func name(_ labels: EndpointLabels, _ workload: Workload?) -> WorkloadName {
        if let workload { return WorkloadName(namespace: labels.namespace, kind: workload.kind, name: workload.name) }
        // No Kubernetes name has a colon.
        let isPod = !labels.namespace.contains(":") && !labels.pod.isEmpty && !labels.pod.contains(":")
        return WorkloadName(namespace: labels.namespace, kind: isPod ? "Pod" : "", name: labels.pod)
    }

    private mutating func number(of name: WorkloadName) -> WorkloadNumber {
        if let number = numbers[name] { return number }
        guard names.count < Self.limit || name.name == "reserved:other" else {
            refused &+= 1
            return number(of: WorkloadName(namespace: name.namespace, kind: "", name: "reserved:other"))
        }
        let number = WorkloadNumber(rawValue: UInt32(names.count))
        names.append(name)
        apps.append("")
        numbers[name] = number
        return number
    }
}
