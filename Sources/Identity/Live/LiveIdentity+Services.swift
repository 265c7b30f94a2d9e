import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// Of a Service's addresses, so many are listened to.
    private static var mostServiceAddresses: Int { 64 }
    /// What one object says of pairs of addresses and ports, or of these, is listened to so often: the sizes of its lists multiply.
    static var mostOfOneObject: Int { 65_536 }

    /// Takes in a Service that is new or has changed.
    package mutating func put(_ service: Service, at now: Timestamp) {
        let name = ObjectName(service.metadata)
        let old = serviceRecords[name]
        var seen: Set<IPAddress> = []
        // The cluster's come first.
        let addresses = service.addresses.filter { seen.insert($0).inserted }
        let record = ServiceRecord(
            object: old?.object ?? newObject(), addresses: Array(addresses.prefix(Self.mostServiceAddresses)), ports: service.spec?.ports ?? [],
            selector: options.selectsPods ? service.spec?.selector ?? [:] : [:], app: labelling.wantsApps ? Labelling.app(service.metadata) : "")
        guard record != old else { return }
        leaveOut(addresses.count - record.addresses.count)
        change(name, to: record, at: now)
        let gone = (old?.addresses ?? []).filter { !record.addresses.contains($0) }
        for address in gone { end(record.object, for: address, at: now) }
        let new = record.addresses.filter { old?.addresses.contains($0) != true }
        if !new.isEmpty {
            let entry = EndpointEntry(number: number(ofService: name), kind: .service)
            for address in new {
                add(
                    Claim(entry: entry, rank: .service, object: record.object, since: .unknown, known: now, tie: name.tie), to: address, at: now)
            }
        }
        if labelling.isOn { servicesToName.insert(name) }
        changePorts(from: places(of: old), to: places(of: record), at: now)
        if let old { endNodePorts(of: old, at: now) }
        addNodePorts(of: record)
        if options.selectsPods { selectionIsDue = true }
    }

    /// Takes in that a Service was deleted.
    package mutating func removeService(_ name: ObjectName, at now: Timestamp) {
        guard let record = serviceRecords[name] else { return }
        change(name, to: nil, at: now)
        for address in record.addresses { end(record.object, for: address, at: now) }
        endNodePorts(of: record, at: now)
        changePorts(from: places(of: record), to: [], at: now)
        if options.selectsPods { selectionIsDue = true }
    }

    /// Takes in all Services there are (of one namespace, where that is named): what is not among them is gone.
    package mutating func replaceServices(_ services: [Service], in namespace: String? = nil, at now: Timestamp) {
        let there = Set(services.map { ObjectName($0.metadata) })
        let gone = serviceRecords.keys.filter { !there.contains($0) && (namespace ?? $0.namespace) == $0.namespace }
        for name in gone { removeService(name, at: now) }
        for service in services { put(service, at: now) }
    }

    // MARK: Node ports

    private mutating func addNodePorts(of service: ServiceRecord) {
        for port in service.ports {
            guard let nodePort = port.nodePort?.rawValue, nodePort > 0 else { continue }
            let number = (port.protocol ?? .tcp).number
            for isV4 in [true, false] {
                // Of the addresses the cluster's come first.
                guard let address = service.addresses.first(where: { $0.isV4 == isV4 }) else { continue }
                content.nodePorts[NodePort(isV4: isV4, port: nodePort, protocolNumber: number)] = NodePort.Target(
                    service: TransportAddress(address: address, port: port.port.rawValue, protocolNumber: number), object: service.object)
                content.ports.note(nodePort)
                servicesHaveChanged = true
            }
        }
    }

    /// They are the Service's for the grace period still, where no other Service has them.
    private mutating func endNodePorts(of service: ServiceRecord, at now: Timestamp) {
        for port in service.ports {
            guard let nodePort = port.nodePort?.rawValue else { continue }
            for isV4 in [true, false] {
                let place = NodePort(isV4: isV4, port: nodePort, protocolNumber: (port.protocol ?? .tcp).number)
                guard let target = content.nodePorts[place], target.object == service.object, target.until == .distantFuture else { continue }
                if remembersLinks {
                    content.nodePorts[place]?.until = now
                    nodePortsLeaving.insert(place)
                } else {
                    content.nodePorts[place] = nil
                }
                servicesHaveChanged = true
            }
        }
    }

    mutating func expireNodePorts(at now: Timestamp) {
        for place in nodePortsLeaving {
            // A Service may have it again.
            let until = content.nodePorts[place]?.until ?? .distantFuture
            guard until == .distantFuture || until.advanced(by: grace) <= now else { continue }
            nodePortsLeaving.remove(place)
            guard until != .distantFuture else { continue }
            content.nodePorts[place] = nil
            servicesHaveChanged = true
        }
    }

    // MARK: Links

    /// What a file holds is all of one time.
    private var remembersLinks: Bool { !options.selectsPods }

    /// Changes a Service, and what its slices' links have become by that.
    private mutating func change(_ service: ObjectName, to record: ServiceRecord?, at now: Timestamp) {
        let slices = (slicesOfServices[service] ?? []).compactMap { sliceRecords[$0] }
        let before = slices.map { links(of: $0) }
        serviceRecords[service] = record
        for (slice, before) in zip(slices, before) { changeLinks(from: before, to: countedLinks(of: slice), at: now) }
    }

    /// Takes in what a slice says. Links that have ended are remembered for the grace period, for flows that are on their way.
    mutating func changeLinks(from old: [ServiceTable.Link], to new: [ServiceTable.Link], at now: Timestamp) {
        let before = Set(old)
        let after = Set(new)
        for link in after where !before.contains(link) { add(link) }
        for link in before where !after.contains(link) {
            if remembersLinks { linksLeaving.add(link, until: now.advanced(by: grace)) } else { remove(link) }
        }
    }

    mutating func expireLinks(at now: Timestamp) {
        let (links, early) = linksLeaving.takeDue(at: now)
        for link in links { remove(link) }
        leaveOut(early)
    }

    /// A port of a Service, or of its slices: they go by its name, which a Service with one port need not give.
    private struct PortName: Hashable {
        var name: String
        var `protocol`: TransportProtocol

        init(_ name: String?, _ protocol: TransportProtocol?) {
            self.name = name ?? ""
            self.protocol = `protocol` ?? .tcp
        }
    }

    /// What a slice says of its Service: all endpoints, also those that are not ready, since a connection they have goes on.
    func links(of slice: SliceRecord) -> [ServiceTable.Link] { boundedLinks(of: slice).links }

    /// The links of a slice that is new or has changed; those that are too many are counted.
    mutating func countedLinks(of slice: SliceRecord) -> [ServiceTable.Link] {
        let (links, leftOut) = boundedLinks(of: slice)
        leaveOut(leftOut)
        return links
    }

    /// The first links of a slice, and how many more there would be. The same of the same records.
    private func boundedLinks(of slice: SliceRecord) -> (links: [ServiceTable.Link], leftOut: Int) {
        guard let service = slice.service.flatMap({ serviceRecords[$0] }) else { return ([], 0) }
        let families = Set(service.addresses.map(\.isV4))
        let backends = slice.addresses.filter { families.contains($0.isV4) }
        guard !backends.isEmpty else { return ([], 0) }
        var targets: [PortName: [UInt16]] = [:]
        for target in slice.ports {
            if let number = target.port?.rawValue { targets[PortName(target.name, target.protocol), default: []].append(number) }
        }
        var pairs = 0
        for backend in backends { pairs += service.addresses.count { $0.isV4 == backend.isV4 } }
        var links: [ServiceTable.Link] = []
        var count = 0
        for port in service.ports {
            guard let numbers = targets[PortName(port.name, port.protocol)] else { continue }
            count &+= numbers.count &* pairs
            for number in numbers where links.count < Self.mostOfOneObject {
                for backend in backends where links.count < Self.mostOfOneObject { links += Self.links(backend, number, to: service, port) }
            }
        }
        return (Array(links.prefix(Self.mostOfOneObject)), max(0, count - Self.mostOfOneObject))
    }

    private static func links(
        _ backend: IPAddress, _ backendPort: UInt16, to service: ServiceRecord, _ port: Service.Spec.Port
    ) -> [ServiceTable.Link] {
        let number = (port.protocol ?? .tcp).number
        return service.addresses.filter { $0.isV4 == backend.isV4 }.map { address in
            ServiceTable.Link(
                backend: TransportAddress(address: backend, port: backendPort, protocolNumber: number),
                service: TransportAddress(address: address, port: port.port.rawValue, protocolNumber: number))
        }
    }

    private mutating func add(_ link: ServiceTable.Link) {
        content.services.add(link)
        if labelling.wantsPorts { content.ports.add(link.backend) }
        count(1, of: link)
    }

    private mutating func remove(_ link: ServiceTable.Link) {
        content.services.remove(link)
        if labelling.wantsPorts { content.ports.remove(link.backend) }
        count(-1, of: link)
    }

    /// Whether an address backs a Service, or is backed, is part of its entry.
    private mutating func count(_ step: Int, of link: ServiceTable.Link) {
        servicesHaveChanged = true
        if Self.count(step, link.backend.address, in: &backing) { claims.touch(link.backend.address) }
        if Self.count(step, link.service.address, in: &backed) { claims.touch(link.service.address) }
    }

    /// Whether the first came or the last went.
    private static func count(_ step: Int, _ address: IPAddress, in counts: inout [IPAddress: Int]) -> Bool {
        let old = counts[address] ?? 0
        counts[address] = old + step == 0 ? nil : old + step
        return old == 0 || old + step == 0
    }

    // MARK: Selectors

    /// Gives Services that have no slices the pods that they select.
    mutating func selectPods() {
        selectionIsDue = false
        for link in selected { remove(link) }
        selected = []
        selectedBackends = [:]
        var selection = PodSelection(podRecords.compactMap { name, pod in pod.selectable.map { (name.namespace, $0) } })
        for (name, service) in serviceRecords where !service.addresses.isEmpty && slicesOfServices[name] == nil {
            for pod in selection.pods(of: service.selector, in: name.namespace) {
                selected += Self.links(pod, to: service)
                if labelling.wantsWorkloads { selectedBackends[name, default: []] += pod.addresses }
            }
            if labelling.wantsWorkloads { servicesToName.insert(name) }
        }
        for link in selected { add(link) }
    }

    private static func links(_ pod: SelectablePod, to service: ServiceRecord) -> [ServiceTable.Link] {
        service.ports.flatMap { port -> [ServiceTable.Link] in
            let number: UInt16?
            switch port.targetPort {
            case nil: number = port.port.rawValue
            case .number(let target): number = target
            case .name(let name):
                number = pod.ports.first { $0.name == name && ($0.protocol ?? .tcp) == (port.protocol ?? .tcp) }?.containerPort.rawValue
            }
            guard let number else { return [] }
            return pod.addresses.flatMap { links($0, number, to: service, port) }
        }
    }
}

/// Finds the pods that a selector selects, by way of their labels, which are sorted out at the first question.
private struct PodSelection {
    private struct Label: Hashable {
        var namespace: String
        var key: String
        var value: String
    }

    private let pods: [(namespace: String, pod: SelectablePod)]
    private var labelled: [Label: [Int]]?

    init(_ pods: [(namespace: String, pod: SelectablePod)]) {
        self.pods = pods
    }

    /// The pods behind a Service; none for one without a selector, whose endpoints somebody else keeps.
    mutating func pods(of selector: [String: String], in namespace: String) -> [SelectablePod] {
        guard !selector.isEmpty else { return [] }
        let labelled = self.labelled ?? sorted()
        self.labelled = labelled
        let candidates = selector.map { labelled[Label(namespace: namespace, key: $0.key, value: $0.value)] ?? [] }
        let fewest = candidates.min { $0.count < $1.count } ?? []
        return fewest.map { pods[$0].pod }.filter { pod in selector.allSatisfy { pod.labels[$0.key] == $0.value } }
    }

    private func sorted() -> [Label: [Int]] {
        var labelled: [Label: [Int]] = [:]
        for (index, item) in pods.enumerated() {
            for (key, value) in item.pod.labels { labelled[Label(namespace: item.namespace, key: key, value: value), default: []].append(index) }
        }
        return labelled
    }
}
