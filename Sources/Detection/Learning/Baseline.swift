import Windows

/// What has been learned: who talks to whom. People read it, change it and carry it elsewhere as YAML.
package struct Baseline: Sendable, Equatable {
    package struct Edge: Sendable, Equatable {
        package var edge: EdgeName
        /// Ticks since 1970 in which it was first and last seen; nil where nobody says.
        package var first: Int64?
        package var last: Int64?
        package var isApproved: Bool

        package init(edge: EdgeName, first: Int64? = nil, last: Int64? = nil, isApproved: Bool = false) {
            self.edge = edge
            self.first = first
            self.last = last
            self.isApproved = isApproved
        }
    }

    /// Since when edges were learned, ticks since 1970; nil where it does not say.
    package var since: Int64?
    package var edges: [Edge]

    package init(since: Int64? = nil, edges: [Edge]) {
        self.since = since
        self.edges = edges
    }

    init(_ graph: LearnedGraph) {
        since = graph.since
        edges = graph.all.map { Edge(edge: $0.edge, first: $0.entry.first, last: $0.entry.last, isApproved: $0.entry.isApproved) }
        edges.sort { $0.edge.sortKey.lexicographicallyPrecedes($1.edge.sortKey) }
    }

    func add(to graph: inout LearnedGraph) {
        if let since { graph.begin(at: since) }
        for edge in edges {
            graph.add(edge.edge, first: edge.first ?? 0, last: edge.last ?? edge.first ?? 0, isSettled: true, isApproved: edge.isApproved)
        }
    }
}

extension EdgeName {
    fileprivate var sortKey: [String] {
        [source.namespace, source.name, source.kind, destination.namespace, destination.name, destination.kind, "\(protocolNumber)", "\(port)"]
    }
}
