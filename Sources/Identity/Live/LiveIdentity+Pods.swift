import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// A pod's further addresses are its own word: so many are listened to.
    private static var mostFurtherAddresses: Int { 32 }

    /// Takes in a Pod that is new or has changed.
    package mutating func put(_ pod: Pod, at now: Timestamp) {
        let name = ObjectName(pod.metadata)
        let uid = ObjectName.hash(pod.metadata.uid ?? "")
        if let other = podRecords[name], other.uid != uid { forget(other, named: name, at: now) }
        let isKnown = podRecords[name] != nil
        var record = podRecords[name] ?? PodRecord(object: newObject(), uid: uid)
        record.isOnHostNetwork = pod.isOnHostNetwork
        tell(pod, &record, at: now)
        let facts = noteFacts(of: pod, named: name, known: record)
        let oldPlaces = places(of: record)
        record.facts = facts

        let ownsNothing = pod.hasEnded || pod.isOnHostNetwork
        let addresses = ownsNothing ? [] : pod.addresses.filter { !$0.isUnspecified }
        let furtherAddresses = ownsNothing ? [] : Self.furtherAddresses(of: pod).filter { !addresses.contains($0) }
        let ports = pod.isOnHostNetwork && !pod.hasEnded ? Self.hostPorts(of: pod) : []
        var entry: EndpointEntry?
        if !addresses.isEmpty || !furtherAddresses.isEmpty || !ports.isEmpty {
            let number = (facts == nil ? record.entry?.number : nil) ?? number(ofPod: name, facts)
            let node = pod.spec?.nodeName.flatMap { nodes.index(of: $0) }
            entry = EndpointEntry(number: number, kind: .pod, node: node, hasBridgePort: !pod.isOnHostNetwork)
            note(owner: PodOwner(pod.metadata), ofPods: number, in: name.namespace)
        }
        if let entry, let old = record.entry, entry != old {
            for address in record.addresses + record.furtherAddresses { update(entry, of: record.object, for: address, at: now) }
            for place in record.ports { update(entry, of: record.object, forPort: place, at: now) }
        }
        if facts != nil, entry?.number != record.entry?.number || addresses != record.addresses { touchServices(behind: addresses) }
        if let entry {
            // Since when it has an address only its first one's start tells; one that it was known without, it has had since some time between.
            let start = pod.status?.startTime?.timestamp ?? (options.believesStarts ? now : .unknown)
            let since = record.hadAddress ? now : min(start, now)
            func claim(_ rank: Claim.Rank) -> Claim {
                Claim(entry: entry, rank: rank, object: record.object, since: since, known: isKnown ? now : since, tie: name.tie ^ uid)
            }
            for address in addresses where !record.addresses.contains(address) { add(claim(.pod), to: address, at: now) }
            for address in furtherAddresses where !record.furtherAddresses.contains(address) { add(claim(.furtherNetwork), to: address, at: now) }
            let known = Set(record.ports)
            for place in ports where !known.contains(place) { add(claim(.pod), toPort: place, at: now) }
        }
        for address in record.addresses where !addresses.contains(address) { end(record.object, for: address, at: now) }
        for address in record.furtherAddresses where !furtherAddresses.contains(address) { end(record.object, for: address, at: now) }
        let there = Set(ports)
        for place in record.ports where !there.contains(place) { end(record.object, forPort: place, at: now) }
        record.entry = entry
        record.addresses = addresses
        record.furtherAddresses = furtherAddresses
        record.ports = ports
        if !addresses.isEmpty { record.hadAddress = true }
        if options.selectsPods {
            let selectable = pod.hasEnded ? nil : SelectablePod(addresses: pod.addresses, labels: pod.metadata.labels ?? [:], ports: pod.ports)
            if selectable != record.selectable { selectionIsDue = true }
            record.selectable = selectable
        }
        podRecords[name] = record
        changePorts(from: oldPlaces, to: places(of: record), at: now)
        if !slicesInDoubt.isEmpty, let slices = slicesInDoubt.removeValue(forKey: name) { slicesOutOfDoubt.formUnion(slices) }
    }

    /// Takes in that a Pod was deleted; nothing, where it is another one (`uid`; nil: any) that has the name now.
    package mutating func removePod(_ name: ObjectName, uid: String?, at now: Timestamp) {
        guard let record = podRecords[name], uid.map({ ObjectName.hash($0) == record.uid }) ?? true else { return }
        forget(record, named: name, at: now)
    }

    private mutating func forget(_ record: PodRecord, named name: ObjectName, at now: Timestamp) {
        for address in record.addresses + record.furtherAddresses { end(record.object, for: address, at: now) }
        for place in record.ports { end(record.object, forPort: place, at: now) }
        if let nodeName = record.nodeName { untell(record.nodeAddresses, of: nodeName, at: now) }
        if record.selectable != nil { selectionIsDue = true }
        changePorts(from: places(of: record), to: [], at: now)
        forgetFacts(of: record, named: name)
        podRecords[name] = nil
    }

    private static func furtherAddresses(of pod: Pod) -> [IPAddress] {
        PodAnnotations.secondaryAddresses(of: pod).prefix(mostFurtherAddresses).filter { !$0.isUnspecified }
    }

    private static func hostPorts(of pod: Pod) -> [TransportAddress] {
        var places: [TransportAddress] = []
        var seen: Set<TransportAddress> = []
        for port in pod.ports {
            for address in pod.addresses {
                let place = TransportAddress(address: address, port: port.containerPort.rawValue, protocolNumber: (port.protocol ?? .tcp).number)
                if seen.insert(place).inserted { places.append(place) }
            }
        }
        return places
    }

    // MARK: Ports on the host network

    mutating func add(_ claim: Claim, toPort place: TransportAddress, at now: Timestamp) {
        use(claim.entry)
        portClaims.add(claim, to: place, at: now)
    }

    mutating func update(_ entry: EndpointEntry, of object: UInt64, forPort place: TransportAddress, at now: Timestamp) {
        for old in portClaims.update(entry, of: object, for: place) { replace(old, with: entry, at: now) }
    }

    mutating func end(_ object: UInt64, forPort place: TransportAddress, at now: Timestamp) {
        forget(portClaims.end(object, for: place, at: now))
    }

    // MARK: What pods tell of their nodes

    /// A pod tells its node's addresses, also where no Node object does.
    private mutating func tell(_ pod: Pod, _ record: inout PodRecord, at now: Timestamp) {
        // As the table has it already: the pods of a node share the memory.
        let nodeName = pod.spec?.nodeName.map { name in nodes.indexes[name].flatMap { nodes.names[$0] } ?? name }
        var addresses = nodeName == nil ? [] : pod.hostAddresses
        if pod.isOnHostNetwork, nodeName != nil { addresses += pod.addresses.filter { !addresses.contains($0) } }
        guard nodeName != record.nodeName || addresses != record.nodeAddresses else { return }
        let (oldName, old) = (record.nodeName, record.nodeAddresses)
        record.nodeName = nodeName
        record.nodeAddresses = addresses
        if let nodeName, !addresses.isEmpty {
            var told = toldNodes[nodeName] ?? ToldNode(object: newObject())
            if told.last == addresses { record.nodeAddresses = told.last } else { told.last = addresses }
            for address in addresses {
                let pods = told.pods[address, default: 0]
                told.pods[address] = pods + 1
                guard pods == 0 else { continue }
                let entry = EndpointEntry(number: number(ofHost: nodeName), kind: .host, node: nodes.index(of: nodeName))
                add(
                    Claim(
                        entry: entry, rank: .toldNode, object: told.object, since: .unknown, known: now, tie: ObjectName.hash(nodeName)), to: address,
                    at: now)
            }
            toldNodes[nodeName] = told
        }
        if let oldName { untell(old, of: oldName, at: now) }
    }

    private mutating func untell(_ addresses: [IPAddress], of nodeName: String, at now: Timestamp) {
        guard var told = toldNodes[nodeName] else { return }
        for address in addresses {
            guard let pods = told.pods[address] else { continue }
            told.pods[address] = pods > 1 ? pods - 1 : nil
            if pods == 1 { end(told.object, for: address, at: now) }
        }
        toldNodes[nodeName] = told.pods.isEmpty ? nil : told
    }
}
