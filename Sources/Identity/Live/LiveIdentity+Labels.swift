import FlowModel
import KubernetesObjects

/// What ends are called, by the labels that are turned on.
extension LiveIdentity {
    mutating func number(ofPod name: ObjectName, _ facts: PodFacts?) -> EndpointNumber {
        guard labelling.namespaces.admits(name.namespace) else { return .other }
        var labels = EndpointLabels(namespace: name.namespace, pod: name.name)
        if labelling.isOn, let facts {
            labels.more = labelling.values(
                workload: labelling.wantsWorkloads ? content.owners.workload(of: facts.owner, in: name.namespace) : nil, node: facts.nodeName,
                zone: facts.nodeName.flatMap { zones[$0] }, app: facts.app, podLabels: facts.podLabels)
        }
        return numbers.number(labels)
    }

    /// `name` is empty for the host of whichever node it is.
    mutating func number(ofHost name: String) -> EndpointNumber {
        var labels = EndpointLabels(namespace: "reserved:host", pod: name)
        if labelling.isOn { labels.more = labelling.values(node: name, zone: zones[name]) }
        return numbers.number(labels)
    }

    mutating func number(ofService name: ObjectName) -> EndpointNumber {
        guard labelling.namespaces.admits(name.namespace) else { return .other }
        var labels = EndpointLabels(namespace: name.namespace, pod: "service:\(name.name)")
        if labelling.isOn {
            labels.more = labelling.values(
                workload: labelling.wantsWorkloads ? workload(behind: name) : nil, app: serviceRecords[name]?.app)
        }
        return numbers.number(labels)
    }

    // MARK: Naming anew

    /// Names pods anew: what they are named after has changed.
    mutating func nameAnew(_ pods: Set<ObjectName>?, at now: Timestamp) {
        for name in pods ?? [] { nameAnew(name, at: now) }
    }

    private mutating func nameAnew(_ name: ObjectName, at now: Timestamp) {
        guard var record = podRecords[name], let facts = record.facts else { return }
        if let old = record.entry {
            let entry = old.called(number(ofPod: name, facts))
            guard entry != old else { return }
            note(owner: facts.owner, ofPods: entry.number, in: name.namespace)
            for address in record.addresses + record.furtherAddresses { update(entry, of: record.object, for: address, at: now) }
            for place in record.ports { update(entry, of: record.object, forPort: place, at: now) }
            record.entry = entry
            podRecords[name] = record
        }
        touchServices(behind: record.addresses)
        if let slices = named.slicesOfHostPods[name] { slicesOutOfDoubt.formUnion(slices) }
    }

    // MARK: Pods

    /// What a pod is named by, and indexed by; nil where nothing but namespace and pod is exposed.
    mutating func noteFacts(of pod: Pod, named name: ObjectName, known record: PodRecord) -> PodFacts? {
        guard labelling.isOn || labelling.wantsPorts else { return nil }
        let facts = PodFacts(pod, node: record.nodeName, labelling)
        if let old = record.facts, old == facts { return old }
        named.change(name, from: record.facts, to: facts)
        // Its ports on its node's addresses are named in slices.
        if let slices = named.slicesOfHostPods[name] { slicesOutOfDoubt.formUnion(slices) }
        return facts
    }

    mutating func forgetFacts(of record: PodRecord, named name: ObjectName) {
        guard let facts = record.facts else { return }
        named.change(name, from: facts, to: nil)
        touchServices(behind: record.addresses)
        if let node = facts.nodeName { forgetZone(of: node) }
    }

    // MARK: Zones

    /// Takes in which zone a node is in: its pods, and the addresses that they tell of it, are named anew.
    mutating func noteZone(of node: Node, at now: Timestamp) {
        guard labelling.wantsZones else { return }
        let name = node.metadata.name
        let zone = node.metadata.labels?["topology.kubernetes.io/zone"]
        guard zones[name] != zone else { return }
        zones[name] = zone
        nameAnew(named.podsOfNodes[name], at: now)
        guard let told = toldNodes[name], let old = told.pods.keys.first.flatMap({ claims[$0].first { $0.object == told.object }?.entry }) else {
            return
        }
        let entry = old.called(number(ofHost: name))
        for address in told.pods.keys { update(entry, of: told.object, for: address, at: now) }
    }

    /// A zone is known for as long as the node, or a pod on it.
    mutating func forgetZone(of node: String) {
        guard labelling.wantsZones, nodeRecords[node] == nil, named.podsOfNodes[node] == nil else { return }
        zones[node] = nil
    }

    // MARK: Services

    /// The workload that all known pods behind a Service are of; nil where they are of several, or of none.
    private func workload(behind service: ObjectName) -> Workload? {
        var found: Workload?
        func isOnly(_ workload: Workload?) -> Bool {
            defer { found = found ?? workload }
            return workload != nil && (found == nil || found == workload)
        }
        var backends = selectedBackends[service] ?? []
        for slice in slicesOfServices[service] ?? [] {
            guard let record = sliceRecords[slice] else { continue }
            backends += record.addresses
            for pod in Set(record.claimed.values) {
                guard isOnly(content.owners.workload(of: podRecords[pod]?.facts?.owner, in: pod.namespace)) else { return nil }
            }
        }
        for address in backends {
            guard let claim = claims[address].first(where: { $0.rank == .pod && $0.until == .distantFuture }) else { continue }
            guard isOnly(content.owners.workload(of: claim.entry.number)) else { return nil }
        }
        return found
    }

    /// Takes in which addresses a slice leads to.
    mutating func noteBackends(of slice: ObjectName, from old: SliceRecord?, to new: SliceRecord?) {
        guard labelling.isOn else { return }
        if labelling.wantsWorkloads {
            named.change(slice, from: old?.addresses ?? [], to: new?.addresses ?? [])
            for service in [old?.service, new?.service] { if let service { servicesToName.insert(service) } }
        }
        if new == nil { named.change(slice, fromHostPods: (old?.claimed ?? [:]).values, to: []) }
    }

    /// Takes in which pods a slice knows ports of nodes' addresses of.
    mutating func noteHostPods(of slice: ObjectName, from old: [TransportAddress: ObjectName], to new: [TransportAddress: ObjectName]) {
        guard labelling.isOn, old != new else { return }
        named.change(slice, fromHostPods: old.values, to: new.values)
        if labelling.wantsWorkloads, let service = sliceRecords[slice]?.service { servicesToName.insert(service) }
    }

    /// Has the Services looked at again that the pods at these addresses stand behind.
    mutating func touchServices(behind addresses: [IPAddress]) {
        guard labelling.wantsWorkloads else { return }
        for address in addresses {
            for slice in named.slicesOfBackends[address] ?? [] {
                if let service = sliceRecords[slice]?.service { servicesToName.insert(service) }
            }
        }
    }

    /// Names Services anew that may be called otherwise now.
    mutating func nameServices(at now: Timestamp) {
        let services = servicesToName
        servicesToName = []
        for name in services {
            guard let record = serviceRecords[name], !record.addresses.isEmpty else { continue }
            let entry = EndpointEntry(number: number(ofService: name), kind: .service)
            for address in record.addresses { update(entry, of: record.object, for: address, at: now) }
        }
    }

    // MARK: Ports

    /// Where the containers of a pod listen, as they declare.
    func places(of pod: PodRecord) -> [TransportAddress] {
        guard let ports = pod.facts?.ports, !ports.isEmpty else { return [] }
        return pod.addresses.flatMap { address in
            ports.map { TransportAddress(address: address, port: $0.port, protocolNumber: $0.protocolNumber) }
        }
    }

    /// Where a Service listens.
    func places(of service: ServiceRecord?) -> [TransportAddress] {
        guard labelling.wantsPorts, let service else { return [] }
        let places = service.addresses.lazy.flatMap { address in
            service.ports.lazy.map { TransportAddress(address: address, port: $0.port.rawValue, protocolNumber: ($0.protocol ?? .tcp).number) }
        }
        return Array(places.prefix(Self.mostOfOneObject))
    }

    /// Takes in where something listens. Where nothing does any more is remembered for the grace period, for flows that are on their way.
    mutating func changePorts(from old: [TransportAddress], to new: [TransportAddress], at now: Timestamp) {
        guard labelling.wantsPorts, old != new else { return }
        let before = Set(old)
        let after = Set(new)
        for place in after.subtracting(before) { content.ports.add(place) }
        for place in before.subtracting(after) { portsLeaving.add(place, until: now.advanced(by: grace)) }
        servicesHaveChanged = true
    }

    mutating func expirePorts(at now: Timestamp) {
        let (places, early) = portsLeaving.takeDue(at: now)
        for place in places { content.ports.remove(place) }
        leaveOut(early)
        if !places.isEmpty { servicesHaveChanged = true }
    }
}
