import FlowModel

/// Where Weir listens for export datagrams, and from whom. Keys: `listen`, `listen_tcp`, `collector`.
package struct CollectorConfiguration: Sendable, Equatable {
    /// Who may send.
    package enum Allow: Sendable, Equatable {
        /// The nodes' addresses and `exporters:` where Kubernetes is known, else anybody.
        case auto
        case any
        case networks([IPNetwork])
    }

    /// Whose flow records come here.
    package enum Scope: String, Sendable, CaseIterable {
        /// Those of the whole cluster.
        case cluster
        /// Those of one node's exporters; other nodes have a Weir of their own.
        case node
    }

    /// UDP addresses: `HOST:PORT`, `[V6]:PORT`, or `:PORT` for all addresses; port 0 lets the kernel choose.
    package var listen = [":2055", ":2056", ":4739", ":6343"]
    /// TCP addresses for IPFIX, written as those of `listen`; may be empty.
    package var listenTCP = [":4739"]
    /// Receive threads; nil: one for every two cores, at least one and at most eight.
    package var threads: Int?
    package var allow = Allow.auto
    /// Octets asked for as each socket's receive buffer.
    package var receiveBuffer = 16 << 20
    package var scope = Scope.cluster
    /// The node whose exporters are heard in the scope of a node; nil: what the environment says.
    package var node: String?

    package init() {}
}
