/// Where to serve and how much of it. What TLS and users need is given to the daemon beside these, in `Daemon.swift`.
package struct HTTPServerConfiguration: Sendable, Equatable {
    /// `HOST:PORT`, `[V6]:PORT`, or `:PORT` for all addresses of both families; port 0 lets the kernel choose.
    package var listen = ":9478"
    /// Threads that run handlers and produce bodies, at least 1; a slow client holds none.
    package var threads = 2
    /// Connections at a time; more are closed as they come.
    package var maxConnections = 128
    /// Octets for one connection's request line and headers; more is answered with 431 or 414. Answers are sent from the same memory.
    package var connectionMemory = 64 << 10
    /// Octets of a request's body; more is answered with 413.
    package var maxBodyBytes = 1 << 20
    /// How long a connection may be silent, or not take what it is sent, before it is closed; whole seconds. Longer than usual scrape intervals, so that scrapers keep their connections.
    package var idleTimeout = Duration.seconds(120)

    package init() {}
}
