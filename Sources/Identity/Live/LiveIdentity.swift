import FlowModel
import KubernetesObjects

/// The identity table as it changes: takes the cluster's objects one at a time, in any order, and publishes snapshots that share what has not changed.
///
/// Times are those of the events, wall clock. What was gone is remembered for the grace period.
package struct LiveIdentity: ~Copyable, Sendable {
    /// How it goes by what it is told.
    package struct Options: Sendable {
        /// Pods are believed when they say since when they have their addresses. Not those of a file: it may name the ends of older captures.
        package var believesStarts = true
        /// Services without endpoint slices are given the pods that they select; for that the pods' labels are kept.
        package var selectsPods = false
        /// Mixed into hashes of addresses: anybody may make up addresses who may make pods.
        package var seed = UInt64.random(in: .min ... .max)

        package init() {}
    }

    let options: Options
    let grace: Int64
    var numbers: NumbersInUse
    var nodes: NodeNumbering
    var claims: Claims<IPAddress>
    var portClaims: Claims<TransportAddress>
    var content: IdentitySnapshot.Content
    private var sequence: UInt64 = 0
    private var lastObject: UInt64 = 0

    var podRecords = DenseDictionary<ObjectName, PodRecord>()
    /// Lists of Pods that have begun, by namespace (empty: of all), and how many there have been.
    var podListings: [String: UInt32] = [:]
    var lastPodListing: UInt32 = 0
    var nodeRecords: [String: NodeRecord] = [:]
    /// What pods tell of the addresses of their nodes.
    var toldNodes: [String: ToldNode] = [:]
    var serviceRecords: [ObjectName: ServiceRecord] = [:]
    var sliceRecords: [ObjectName: SliceRecord] = [:]
    var slicesOfServices: [ObjectName: Set<ObjectName>] = [:]
    /// Slices that name pods of which it is not known yet whether they are on the host network, and those of which more may be known now.
    var slicesInDoubt: [ObjectName: Set<ObjectName>] = [:]
    var slicesOutOfDoubt: Set<ObjectName> = []
    /// Pods of which slices wait to hear.
    package var podsInDoubt: Int { slicesInDoubt.count }
    /// How many links of Services lead to an address, and from one.
    var backing: [IPAddress: Int] = [:]
    var backed: [IPAddress: Int] = [:]
    /// Links made of selectors, and whether they are out of date.
    var selected: [ServiceTable.Link] = []
    var selectionIsDue = false
    /// By Service, where labels need them.
    var selectedBackends: [ObjectName: [IPAddress]] = [:]

    let labelling: Labelling
    var named: NamedAfter
    var zones: [String: String] = [:]
    /// Services that may have to be named anew.
    var servicesToName: Set<ObjectName> = []
    /// Places where nothing listens any more, for flows that are on their way; links and node ports that have ended, likewise.
    var portsLeaving = Leaving<TransportAddress>()
    var linksLeaving = Leaving<ServiceTable.Link>()
    var nodePortsLeaving: Set<NodePort> = []

    let configuredNetworks: [(network: IPNetwork, value: EndpointEntry)]
    private let clusterNetworks: [IPNetwork]
    /// What OVN-Kubernetes' nodes translate to on their way to themselves; nil where there are none.
    var masquerade: EndpointEntry?
    var networksAreDue = true

    /// An empty table of what the configuration names; its endpoints are held in `registry`.
    package init(_ configuration: IdentityConfiguration, registry: EndpointRegistry, options: Options = Options()) {
        self.init(configuration, registry: registry, options: options, after: [:])
    }

    /// `earlier`: nodes that keep the numbers they had in another table.
    init(_ configuration: IdentityConfiguration, registry: EndpointRegistry, options: Options, after earlier: [String: NodeIndex]) {
        self.options = options
        grace = configuration.grace
        labelling = Labelling(configuration.labels)
        named = NamedAfter(labelling)
        var numbers = NumbersInUse(registry: registry)
        nodes = NodeNumbering(after: earlier)
        claims = Claims(grace: configuration.grace)
        portClaims = Claims(grace: configuration.grace)
        content = IdentitySnapshot.Content(addresses: AddressTable(seed: options.seed))
        var networks: [(network: IPNetwork, value: EndpointEntry)] = []
        for network in configuration.networks {
            let entry = EndpointEntry(number: numbers.number(EndpointLabels(namespace: "reserved:network", pod: network.name)), kind: .network)
            numbers.use(entry.number)
            networks += network.cidrs.map { ($0, entry) }
        }
        configuredNetworks = networks
        clusterNetworks = configuration.clusterNetworks
        self.numbers = numbers
    }

    // MARK: Snapshots

    /// Whether a snapshot would be another than the last one.
    package var hasChanges: Bool {
        claims.hasChanged || portClaims.hasChanged || networksAreDue || selectionIsDue || ownersHaveChanged || servicesHaveChanged
            || !slicesOutOfDoubt.isEmpty || !servicesToName.isEmpty || numbers.hasUnused || sequence == 0
    }

    var ownersHaveChanged = false
    /// Links, node ports, or places where something listens.
    var servicesHaveChanged = false

    /// The table as it is now. What it shares with the snapshots before is not copied.
    package mutating func publish(at now: Timestamp) -> IdentitySnapshot {
        if selectionIsDue { selectPods() }
        resolveDoubts(at: now)
        nameServices(at: now)
        let horizon = now.advanced(by: -grace)
        for address in claims.takeChanged() { place(address, horizon) }
        for place in portClaims.takeChanged() {
            let claims = portClaims[place]
            content.hostPorts[place] = claims.isEmpty ? nil : AddressHistory(claims, isExact: options.believesStarts)
            content.ports.note(place.port)
        }
        nodes.publish()
        content.nodes = nodeRecords.count
        if networksAreDue { placeNetworks() }
        ownersHaveChanged = false
        servicesHaveChanged = false
        sequence += 1
        numbers.publish(sequence, at: now)
        return IdentitySnapshot(content, nodes: nodes, endpoints: numbers.count, grace: grace, holds: numbers.holds, sequence: sequence)
    }

    /// Forgets what has been gone for the grace period; the next snapshot does without it.
    package mutating func expire(at now: Timestamp) {
        for entry in claims.expire(at: now) + portClaims.expire(at: now) { leave(entry) }
        numbers.expire(at: now)
        expirePorts(at: now)
        expireLinks(at: now)
        expireNodePorts(at: now)
    }

    /// Replaced snapshots may be in use, and what was counted by their numbers on its way, for so many nanoseconds.
    private static let takeOverTime: Int64 = 10_000_000_000

    /// The endpoints whose pairs are to be taken out: nothing has named them for the grace period, and no snapshot that lives does. They may stand for
    /// others once the result is let go. nil: none.
    package mutating func takeGone(at now: Timestamp) -> GoneEndpoints? {
        guard let gone = numbers.takeGone(at: now, after: Self.takeOverTime) else { return nil }
        for number in gone.numbers { content.owners.set(nil, ofPods: number, in: "") }
        return gone
    }

    /// Writes what is known of an address into the table.
    private mutating func place(_ address: IPAddress, _ horizon: Timestamp) {
        let claims = claims[address]
        let isBacking = backing[address] != nil
        // Nearly always there is none, and nothing to take out.
        if !content.ranks.isEmpty { content.ranks[address] = nil }
        guard !claims.isEmpty || isBacking else {
            content.addresses.set(address, nil)
            content.histories[address] = nil
            content.nodeAddresses.remove(address)
            return
        }
        var history = AddressHistory(claims, isExact: options.believesStarts)
        let isOfNode = history.ownerships.contains { $0.entry.kind == .host && $0.entry.node != nil }
        if isOfNode != content.nodeAddresses.contains(address) {
            if isOfNode { content.nodeAddresses.insert(address) } else { content.nodeAddresses.remove(address) }
        }
        history.isServiceBackend = isBacking
        if backed[address] != nil {
            for index in history.ownerships.indices where history.ownerships[index].entry.isService {
                history.ownerships[index].entry.hasBackends = true
            }
        }
        if let owner = history.soleOwner(since: horizon) {
            content.addresses.set(address, owner)
            content.histories[address] = nil
            if let rank = history.ownerships.first?.rank, rank != Claim.Rank(of: owner.kind) { content.ranks[address] = rank }
        } else {
            var entry = EndpointEntry.world
            entry.hasHistory = true
            content.addresses.set(address, entry)
            content.histories[address] = history
        }
    }

    /// OVN-Kubernetes' masquerade addresses, the same on each node, by which its host talks with Services and pods (`node-masquerade-subnet`).
    private static let masqueradeNetworks = [
        IPNetwork(containing: IPAddress(v4: 0xA9FE_0000), bits: 112),
        IPNetwork(containing: IPAddress(high: 0xFD69_0000_0000_0000, low: 0), bits: 112),
    ]
    /// 169.254.169.254 is no host's of the cluster.
    private static let cloudMetadata = IPNetwork(containing: IPAddress(v4: 0xA9FE_A9FE), bits: 128)

    /// Those of the configuration go before the nodes', and these before the whole cluster's.
    private mutating func placeNetworks() {
        networksAreDue = false
        var networks = configuredNetworks
        for (_, node) in nodeRecords.sorted(by: { $0.key < $1.key }) { networks += node.networks.map { ($0.network, $0.entry) } }
        if let masquerade {
            networks += Self.masqueradeNetworks.map { ($0, masquerade) }
            networks.append((Self.cloudMetadata, .world))
        }
        networks += clusterNetworks.map { ($0, .unmanaged()) }
        content.networks = NetworkTable(networks)
    }

    /// Counts what is beyond a bound.
    mutating func leaveOut(_ count: Int) { content.leftOut &+= UInt64(clamping: count) }

    // MARK: Claims

    mutating func newObject() -> UInt64 {
        lastObject += 1
        return lastObject
    }

    mutating func add(_ claim: Claim, to address: IPAddress, at now: Timestamp) {
        guard !address.isUnspecified else { return }
        use(claim.entry)
        claims.add(claim, to: address, at: now)
    }

    mutating func update(_ entry: EndpointEntry, of object: UInt64, for address: IPAddress, at now: Timestamp) {
        for old in claims.update(entry, of: object, for: address) { replace(old, with: entry, at: now) }
    }

    /// Ends an object's claims to an address.
    mutating func end(_ object: UInt64, for address: IPAddress, at now: Timestamp) {
        forget(claims.end(object, for: address, at: now))
    }

    /// Past owners of which there were too many.
    mutating func forget(_ entries: [EndpointEntry]) {
        leaveOut(entries.count)
        for entry in entries { leave(entry) }
    }

    /// What was counted by another number than the new one stays for the grace period.
    mutating func replace(_ old: EndpointEntry, with entry: EndpointEntry, at now: Timestamp) {
        use(entry)
        guard old.number != entry.number else { return leave(old) }
        numbers.leave(old.number, outliving: now.advanced(by: grace))
        if let node = old.node { nodes.leave(node) }
    }

    mutating func use(_ entry: EndpointEntry) {
        numbers.use(entry.number)
        if let node = entry.node { nodes.use(node) }
    }

    mutating func leave(_ entry: EndpointEntry) {
        numbers.leave(entry.number)
        if let node = entry.node { nodes.leave(node) }
    }
}
