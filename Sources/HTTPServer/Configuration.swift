/// Where to serve and how much of it. TLS and users come from a `WebFile`.
package struct HTTPServerConfiguration: Sendable, Equatable {
    /// `HOST:PORT`, `[V6]:PORT`, or `:PORT` for all addresses of both families; port 0 lets the kernel choose.
    package var listen = ":9478"
    /// Threads that run handlers and produce bodies, at least 1; a slow client holds none.
    package var threads = 2
    /// Connections at a time; more are closed as they come.
    package var maxConnections = 512
    /// Connections at a time from one IPv4 address, or from the 64-bit network of an IPv6 one: enough for many Prometheus servers behind one address.
    package var maxConnectionsOfAddress = 256
    /// Octets for one connection's request line and headers; more is answered with 431 or 414. Answers are sent from the same memory.
    package var connectionMemory = 64 << 10
    /// Octets of a request's body; more is answered with 413.
    package var maxBodyBytes = 64 << 10
    /// How long a connection may be silent before it is closed; whole seconds. Longer than usual scrape intervals, so that scrapers keep their connections.
    package var idleTimeout = Duration.seconds(120)
    /// From the connection, or from a later request's first octet, to the end of its headers, TLS' handshake included, however little comes at a time.
    package var headerTimeout = Duration.seconds(10)
    /// From the end of the headers to the end of the body.
    package var bodyTimeout = Duration.seconds(30)
    /// A client that has not taken `minimumRead` octets within this time, though they were there for it, is closed.
    package var readWindow = Duration.seconds(30)
    /// Octets; 4 KiB a second.
    package var minimumRead: UInt64 = 30 * 4096

    package init() {}
}
