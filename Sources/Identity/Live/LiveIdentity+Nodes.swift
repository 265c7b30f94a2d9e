import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// Takes in a Node that is new or has changed.
    package mutating func put(_ node: Node, at now: Timestamp) {
        let name = node.metadata.name
        let old = nodeRecords[name]
        noteZone(of: node, at: now)
        var record = NodeRecord(object: old?.object ?? newObject(), index: nodes.index(of: name))
        let host = EndpointEntry(number: number(ofHost: name), kind: .host, node: record.index)
        var management = host
        management.hasBridgePort = true
        func own(_ address: IPAddress, _ entry: EndpointEntry) {
            if record.addresses[address] == nil { record.addresses[address] = entry }
        }
        for address in node.addresses { own(address, host) }
        // OVN-Kubernetes: of a node's subnet the first address is the gateway's, the second the management port's (ovn-k8s-mp0).
        let subnets = NodeAnnotations.subnets(of: node)
        for subnet in subnets {
            own(subnet.address.advanced(by: 1), host)
            own(subnet.address.advanced(by: 2), management)
        }
        for address in NodeAnnotations.hostAddresses(of: node) { own(address, host) }
        // An unknown address there has its home on the node. Of podCIDRs that is not certain: some networks keep address ranges of their own.
        record.networks = subnets.map { NodeRecord.Network(network: $0, entry: .unmanaged(node: record.index, hasBridgePort: true)) }
        for network in node.podNetworks {
            record.networks.append(NodeRecord.Network(network: network, entry: .unmanaged(node: record.index)))
            own(network.address.advanced(by: 1), host)
            // Flannel's tunnel has the network's own address, and with it what the host sends to pods of other nodes.
            own(network.address, host)
        }
        if !subnets.isEmpty {
            let masquerade = self.masquerade ?? makeMasquerade()
            record.networks += NodeAnnotations.masqueradeSubnets(of: node).map { NodeRecord.Network(network: $0, entry: masquerade) }
        }
        guard record != old else { return }
        if old == nil, let index = record.index { nodes.use(index) }
        if let index = record.index { content.hosts[index] = host }
        for (address, entry) in record.addresses where old?.addresses[address] != entry {
            if old?.addresses[address] == nil {
                add(
                    Claim(entry: entry, rank: .node, object: record.object, since: .unknown, known: now, tie: ObjectName.hash(name)), to: address,
                    at: now)
            } else {
                update(entry, of: record.object, for: address, at: now)
            }
        }
        if let old {
            for address in old.addresses.keys where record.addresses[address] == nil { end(record.object, for: address, at: now) }
        }
        if record.networks != old?.networks ?? [] { networksAreDue = true }
        nodeRecords[name] = record
    }

    /// Of OVN-Kubernetes: which host it is that has a masquerade address, the address does not say.
    private mutating func makeMasquerade() -> EndpointEntry {
        let entry = EndpointEntry(number: number(ofHost: ""), kind: .host)
        use(entry)
        masquerade = entry
        networksAreDue = true
        return entry
    }

    /// Takes in that a Node was deleted.
    package mutating func removeNode(_ name: String, at now: Timestamp) {
        guard let record = nodeRecords.removeValue(forKey: name) else { return }
        for address in record.addresses.keys { end(record.object, for: address, at: now) }
        if let index = record.index {
            content.hosts[index] = nil
            nodes.leave(index)
        }
        forgetZone(of: name)
        if !record.networks.isEmpty { networksAreDue = true }
    }

    /// Takes in all Nodes there are: what is not among them is gone.
    package mutating func replaceNodes(_ all: [Node], at now: Timestamp) {
        let there = Set(all.map(\.metadata.name))
        let gone = nodeRecords.keys.filter { !there.contains($0) }
        for name in gone { removeNode(name, at: now) }
        for node in all { put(node, at: now) }
    }
}

extension IPAddress {
    /// The address so many behind this one, within its lower half.
    fileprivate func advanced(by count: UInt64) -> IPAddress {
        IPAddress(high: high, low: low &+ count)
    }
}
