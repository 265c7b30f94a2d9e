import FlowModel

/// Which TCP connection it is: a transport session of its own (RFC 7011 §2), also where an earlier one had the same addresses and ports.
package struct StreamConnection: Sendable, Hashable {
    /// Counts up with every connection of the process, from 1.
    package let number: UInt32
    /// Who connected: IPv4 peers as IPv4 addresses, on dual-stack sockets too.
    package let source: IPAddress
    /// The peer's port.
    package let sourcePort: UInt16
    /// The port of the listener.
    package let localPort: UInt16
    /// The listener: an index into `Collector.streamListeners`, which is the order of the configuration's `listen_tcp`.
    package let listener: Int

    /// A connection, which need not be open.
    package init(number: UInt32, source: IPAddress, sourcePort: UInt16, localPort: UInt16, listener: Int = 0) {
        self.number = number
        self.source = source
        self.sourcePort = sourcePort
        self.localPort = localPort
        self.listener = listener
    }
}
