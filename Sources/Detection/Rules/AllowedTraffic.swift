import Windows

/// Traffic that is expected: from whom, to whom, of which protocol, to which ports. Keys: `allow[]`.
package struct AllowedTraffic: Sendable, Equatable {
    /// One end. What is not said fits anything.
    package struct End: Sendable, Equatable {
        package var namespace = NamePatterns()
        package var workload = NamePatterns()
        package var app = NamePatterns()
        /// Names of `networks`; an end that is in none of them does not fit.
        package var network = NamePatterns()

        package init() {}

        func admits(_ name: WorkloadName, app: String) -> Bool {
            guard namespace.admits(name.namespace), workload.admits(name.name) else { return false }
            if !self.app.isOpen, !self.app.admits(app) { return false }
            return network.isOpen || name.namespace == "reserved:network" && network.admits(name.name)
        }
    }

    package var source = End()
    package var destination = End()
    /// Numbers of IP protocols; none: any.
    package var protocols: [UInt8] = []
    /// None: any.
    package var ports: [ClosedRange<UInt16>] = []

    package init() {}

    func admits(_ edge: ClosedTick.Edge, in tick: ClosedTick) -> Bool {
        (protocols.isEmpty || protocols.contains(edge.protocolNumber)) && (ports.isEmpty || ports.contains { $0.contains(edge.port) })
            && source.admits(tick.name(edge.pair.source), app: tick.app(edge.pair.source))
            && destination.admits(tick.name(edge.pair.destination), app: tick.app(edge.pair.destination))
    }
}
