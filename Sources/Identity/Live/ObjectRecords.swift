import FlowModel
import KubernetesObjects

/// The name of an object of a kind.
package struct ObjectName: Hashable, Sendable {
    /// Empty for objects of the whole cluster.
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    init(_ metadata: ObjectMetadata) {
        self.init(namespace: metadata.namespace ?? "", name: metadata.name)
    }

    /// A number that is the same in every run, and hardly ever another name's (FNV-1a).
    var tie: UInt64 { Self.hash(namespace) ^ Self.hash(name) &* 31 }

    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

/// What is kept of a Pod: there are many, so that what few have stands elsewhere.
struct PodRecord: Sendable {
    /// What few pods have.
    private final class Rare: Sendable {
        let furtherAddresses: [IPAddress]
        let ports: [TransportAddress]
        let selectable: SelectablePod?

        /// nil where there is nothing to keep.
        init?(furtherAddresses: [IPAddress], ports: [TransportAddress], selectable: SelectablePod?) {
            guard !furtherAddresses.isEmpty || !ports.isEmpty || selectable != nil else { return nil }
            self.furtherAddresses = furtherAddresses
            self.ports = ports
            self.selectable = selectable
        }
    }

    var object: UInt64
    /// Of its uid: another pod of the name has another.
    var uid: UInt64
    var nodeName: String?
    private var firstAddress = IPAddress.unspecified
    private var otherAddresses: [IPAddress] = []
    /// Its node's addresses, as it tells them.
    var nodeAddresses: [IPAddress] = []
    private var rare: Rare?
    /// What its addresses, or its ports on its node's, are.
    var entry: EndpointEntry?
    var isOnHostNetwork = false
    /// Whether it has had an address already: since when it has another, its start does not tell.
    var hadAddress = false
    /// The list that it was last in.
    var listing: UInt32 = 0

    init(object: UInt64, uid: UInt64) {
        self.object = object
        self.uid = uid
    }

    /// None of them `::`.
    var addresses: [IPAddress] {
        get { firstAddress.isUnspecified ? [] : otherAddresses.isEmpty ? [firstAddress] : [firstAddress] + otherAddresses }
        set {
            firstAddress = newValue.first ?? .unspecified
            otherAddresses = newValue.count > 1 ? Array(newValue.dropFirst()) : []
        }
    }

    var furtherAddresses: [IPAddress] {
        get { rare?.furtherAddresses ?? [] }
        set { if newValue != furtherAddresses { rare = Rare(furtherAddresses: newValue, ports: ports, selectable: selectable) } }
    }

    /// On the host network: its ports there.
    var ports: [TransportAddress] {
        get { rare?.ports ?? [] }
        set { if newValue != ports { rare = Rare(furtherAddresses: furtherAddresses, ports: newValue, selectable: selectable) } }
    }

    /// For Services that select pods.
    var selectable: SelectablePod? {
        get { rare?.selectable }
        set { if newValue != selectable { rare = Rare(furtherAddresses: furtherAddresses, ports: ports, selectable: newValue) } }
    }
    /// Where labels need them.
    var facts: PodFacts?
}

/// What tells which Services select a pod, and at which ports.
struct SelectablePod: Sendable, Equatable {
    var addresses: [IPAddress]
    var labels: [String: String]
    var ports: [Pod.Spec.Container.Port]
}

/// What is kept of a Node.
struct NodeRecord: Sendable, Equatable {
    struct Network: Sendable, Equatable {
        var network: IPNetwork
        var entry: EndpointEntry
    }

    var object: UInt64
    var index: NodeIndex?
    var addresses: [IPAddress: EndpointEntry] = [:]
    var networks: [Network] = []
}

/// What the pods of a node tell of its addresses, and how many of them each.
struct ToldNode: Sendable {
    var object: UInt64
    var pods: [IPAddress: Int] = [:]
    /// As the last pod told them: the pods of a node share the memory.
    var last: [IPAddress] = []
}

/// What is kept of a Service.
struct ServiceRecord: Sendable, Equatable {
    var object: UInt64
    var addresses: [IPAddress]
    var ports: [Service.Spec.Port]
    var selector: [String: String]
    /// Empty where no label needs it.
    var app: String
}

/// What is kept of an EndpointSlice.
struct SliceRecord: Sendable, Equatable {
    /// A pod that may be on the host network.
    struct HostPod: Sendable, Equatable {
        var address: IPAddress
        var pod: ObjectName
    }

    var object: UInt64
    var service: ObjectName?
    var ports: [EndpointSlice.Port]
    var addresses: [IPAddress]
    /// Those that are not known to have their addresses for themselves.
    var hostPods: [HostPod]
    /// Its pods' ports on their nodes' addresses.
    var claimed: [TransportAddress: ObjectName] = [:]
}
