import CLinuxSockets

/// The file descriptors that the process may open, shared out among what its peers can make it open.
package struct DescriptorBudget: Sendable, Equatable {
    /// Descriptors that are nobody's connection: sockets of exporters over UDP, files, events.
    package static let reserved = 256
    /// TCP connections that are allowed however few descriptors there are.
    package static let minimumConnections = 16

    /// Descriptors for all that is allowed.
    package let wanted: Int
    /// Descriptors that the process may open now.
    package let granted: Int
    /// TCP connections of exporters for which there are descriptors, `minimumConnections` at least where any are wanted.
    package let streamConnections: Int

    /// Whether there are as many as are wanted.
    package var isEnough: Bool { granted >= wanted }

    /// Raises the limit of the process, as far as its hard limit lets it: many systems give 1,024 descriptors until a process asks for more.
    ///
    /// - Parameters:
    ///   - streamConnections: TCP connections of exporters, at most.
    ///   - otherConnections: connections of others, at most, which go first.
    package init(streamConnections: Int, otherConnections: Int) {
        self.init(streamConnections: streamConnections, otherConnections: otherConnections) { Int(weir_allow_descriptors(Int32(clamping: $0))) }
    }

    /// Shares out what `allow` grants of what is wanted.
    package init(streamConnections: Int, otherConnections: Int, allow: (_ wanted: Int) -> Int) {
        let rest = otherConnections + Self.reserved
        wanted = streamConnections + rest
        granted = allow(wanted)
        self.streamConnections = min(streamConnections, max(granted - rest, Self.minimumConnections))
    }
}
