/// What connections may take, all together and each.
package struct StreamLimits: Sendable {
    /// Connections in all.
    package var connections = 1024
    /// Connections of one address.
    package var connectionsPerAddress = 256
    /// Octets of messages begun, of all connections together: 16 MiB. Beyond, the message that began first, which is the least likely to be going on, has its
    /// connection closed.
    package var heldOctets = 16 << 20
    /// Nanoseconds from the first octet of a message to its last: 30 s.
    package var messageTime: Int64 = 30_000_000_000
    /// Nanoseconds without an octet: 1 h. An exporter may well have nothing to say for long, and some never connect again; peers that are gone are found out by
    /// the kernel (`keepAlive`).
    package var idleTime: Int64 = 3_600_000_000_000
    /// Seconds of silence after which the kernel asks whether the peer is still there.
    package var keepAlive: Int32 = 60

    /// The defaults.
    package init() {}
}
