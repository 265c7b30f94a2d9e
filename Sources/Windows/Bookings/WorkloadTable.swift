import Identity

/// The workloads of endpoints, numbered; what is looked up once is remembered until the endpoint goes.
struct WorkloadTable: Sendable {
    /// Workloads it knows at most; a new one beyond is the rest of its namespace.
    private let limit: Int
    private(set) var names: [WorkloadName] = []
    /// Endpoints that count as the rest of their namespace, since there was no room for their workload.
    private(set) var refused: UInt64 = 0
    /// The value of the label `app`, where that is exposed.
    private(set) var apps: [String] = []
    private var numbers: [WorkloadName: WorkloadNumber] = [:]
    private var ofEndpoints: [EndpointNumber: WorkloadNumber] = [:]
    private var free: [WorkloadNumber] = []
    /// Grows when numbers are given back, which may stand for others from then on.
    private(set) var generation = 0
    /// Endpoints looked up for the first time since the last review, and since the one before: what looks after a pod may become known after its first flow.
    private var young: [EndpointNumber] = []
    private var recent: [EndpointNumber] = []
    /// Where `app` stands in `EndpointLabels.more`; nil where it is not exposed.
    private let appPlace: Int?

    init(limit: Int, appPlace: Int?) {
        self.limit = limit
        self.appPlace = appPlace
    }

    /// Whether there is little room left.
    var isCrowded: Bool { numbers.count >= limit / 4 * 3 }

    /// Gives back the numbers of workloads that have no endpoint any more, and that nobody uses.
    mutating func giveBack(except used: Set<WorkloadNumber>) {
        let used = used.union(ofEndpoints.values)
        let before = free.count
        for (name, number) in numbers where !used.contains(number) {
            numbers[name] = nil
            free.append(number)
        }
        if free.count > before { generation += 1 }
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
        guard numbers.count < limit || name.name == "reserved:other" else {
            refused &+= 1
            return number(of: WorkloadName(namespace: name.namespace, kind: "", name: "reserved:other"))
        }
        let number = free.popLast() ?? WorkloadNumber(rawValue: UInt32(names.count))
        if Int(number.rawValue) == names.count {
            names.append(name)
            apps.append("")
        } else {
            names[Int(number.rawValue)] = name
            apps[Int(number.rawValue)] = ""
        }
        numbers[name] = number
        return number
    }
}
