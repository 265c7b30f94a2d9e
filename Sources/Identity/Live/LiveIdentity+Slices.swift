import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// Takes in an EndpointSlice that is new or has changed.
    package mutating func put(_ slice: EndpointSlice, at now: Timestamp) {
        let name = ObjectName(slice.metadata)
        let old = sliceRecords[name]
        let record = SliceRecord(
            object: old?.object ?? newObject(), service: slice.serviceName.map { ObjectName(namespace: name.namespace, name: $0) },
            ports: slice.ports ?? [], addresses: slice.endpoints.flatMap(\.addresses), hostPods: hostPods(in: slice))
        if let old {
            var unclaimed = old
            unclaimed.claimed = [:]
            guard record != unclaimed else { return }
        }
        changeLinks(from: old.map { links(of: $0) } ?? [], to: countedLinks(of: record), at: now)
        if let old {
            forgetService(of: old, named: name)
            forgetDoubts(of: old, named: name)
        }
        var claiming = record
        claiming.claimed = old?.claimed ?? [:]
        sliceRecords[name] = claiming
        if let service = record.service {
            if slicesOfServices[service] == nil { selectionIsDue = options.selectsPods }
            slicesOfServices[service, default: []].insert(name)
        }
        noteBackends(of: name, from: old, to: record)
        claimPorts(of: name, at: now)
    }

    /// Takes in that an EndpointSlice was deleted.
    package mutating func removeEndpointSlice(_ name: ObjectName, at now: Timestamp) {
        guard let record = sliceRecords[name] else { return }
        changeLinks(from: links(of: record), to: [], at: now)
        forgetService(of: record, named: name)
        forgetDoubts(of: record, named: name)
        for place in record.claimed.keys { end(record.object, forPort: place, at: now) }
        noteBackends(of: name, from: record, to: nil)
        sliceRecords[name] = nil
    }

    /// Takes in all EndpointSlices there are (of one namespace, where that is named): what is not among them is gone.
    package mutating func replaceEndpointSlices(_ slices: [EndpointSlice], in namespace: String? = nil, at now: Timestamp) {
        let there = Set(slices.map { ObjectName($0.metadata) })
        let gone = sliceRecords.keys.filter { !there.contains($0) && (namespace ?? $0.namespace) == $0.namespace }
        for name in gone { removeEndpointSlice(name, at: now) }
        for slice in slices { put(slice, at: now) }
    }

    private mutating func forgetService(of slice: SliceRecord, named name: ObjectName) {
        guard let service = slice.service else { return }
        slicesOfServices[service]?.remove(name)
        if slicesOfServices[service]?.isEmpty == true {
            slicesOfServices[service] = nil
            selectionIsDue = options.selectsPods
        }
    }

    // MARK: Pods on the host network

    /// The pods that are, or may turn out to be, on the host network.
    private func hostPods(in slice: EndpointSlice) -> [SliceRecord.HostPod] {
        slice.endpoints.flatMap { endpoint -> [SliceRecord.HostPod] in
            // Who may write slices may do so for the pods of the namespace.
            guard let target = endpoint.targetRef, target.kind == "Pod", let name = target.name else { return [] }
            let pod = ObjectName(namespace: slice.metadata.namespace ?? "", name: name)
            return endpoint.addresses.map { SliceRecord.HostPod(address: $0, pod: pod) }.filter { isOnHostNetwork($0) != false }
        }
    }

    /// Whether a pod is on the host network at that address; nil where that is not known yet.
    private func isOnHostNetwork(_ pod: SliceRecord.HostPod) -> Bool? {
        guard let record = podRecords[pod.pod], !record.nodeAddresses.isEmpty else { return nil }
        guard record.isOnHostNetwork else { return false }
        return record.nodeAddresses.contains(pod.address) ? true : nil
    }

    /// Says whose the ports of a slice's pods on their nodes' addresses are.
    private mutating func claimPorts(of name: ObjectName, at now: Timestamp) {
        guard var slice = sliceRecords[name] else { return }
        var claimed: [TransportAddress: ObjectName] = [:]
        var room = Self.mostOfOneObject
        for host in slice.hostPods {
            switch isOnHostNetwork(host) {
            case true?:
                for port in slice.ports.prefix(room) {
                    guard let number = port.port?.rawValue else { continue }
                    claimed[TransportAddress(address: host.address, port: number, protocolNumber: (port.protocol ?? .tcp).number)] = host.pod
                }
                leaveOut(max(0, slice.ports.count - room))
                room -= min(room, slice.ports.count)
            case nil: slicesInDoubt[host.pod, default: []].insert(name)
            case false?: break
            }
        }
        slice.hostPods = slice.hostPods.filter { isOnHostNetwork($0) != false }
        for (place, pod) in slice.claimed where claimed[place] != pod { end(slice.object, forPort: place, at: now) }
        for (place, pod) in claimed where slice.claimed[place] != pod || labelling.isOn {
            let node = podRecords[pod]?.nodeName.flatMap { nodes.index(of: $0) }
            let entry = EndpointEntry(number: number(ofPod: pod, podRecords[pod]?.facts), kind: .pod, node: node)
            if slice.claimed[place] == pod {
                update(entry, of: slice.object, forPort: place, at: now)
                continue
            }
            // What a pod says of its own ports is believed first.
            add(
                Claim(entry: entry, rank: .toldNode, object: slice.object, since: .unknown, known: now, tie: name.tie), toPort: place, at: now)
        }
        noteHostPods(of: name, from: slice.claimed, to: claimed)
        slice.claimed = claimed
        sliceRecords[name] = slice
    }

    /// A slice's pods may never become known: those of slices that have changed, or are gone, are not waited for.
    private mutating func forgetDoubts(of slice: SliceRecord, named name: ObjectName) {
        for host in slice.hostPods where slicesInDoubt[host.pod]?.remove(name) != nil {
            if slicesInDoubt[host.pod]?.isEmpty == true { slicesInDoubt[host.pod] = nil }
        }
    }

    /// Looks again at the slices that name pods of which more is known now.
    mutating func resolveDoubts(at now: Timestamp) {
        let slices = slicesOutOfDoubt
        slicesOutOfDoubt = []
        for name in slices { claimPorts(of: name, at: now) }
    }
}
