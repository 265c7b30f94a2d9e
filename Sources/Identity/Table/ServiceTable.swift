import FlowModel

/// Which backends a Service's port has.
struct ServiceTable: Sendable {
    /// A backend of a Service's port.
    struct Link: Hashable, Sendable {
        var backend: TransportAddress
        var service: TransportAddress
    }

    // How many slices say it: a backend that moves from one slice to another is in both for a moment.
    private var links = PartedDictionary<Link, Int32>()
    private var backends = PartedDictionary<TransportAddress, Int32>()

    mutating func add(_ link: Link) {
        links[link] = (links[link] ?? 0) + 1
        backends[link.backend] = (backends[link.backend] ?? 0) + 1
    }

    /// Takes back what was added.
    mutating func remove(_ link: Link) {
        links[link] = links[link].flatMap { $0 > 1 ? $0 - 1 : nil }
        backends[link.backend] = backends[link.backend].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// Whether `backend` stands behind the Service's address and port.
    func contains(_ backend: TransportAddress, for service: TransportAddress) -> Bool {
        links[Link(backend: backend, service: service)] != nil
    }

    /// Whether `backend` stands behind some Service.
    func contains(_ backend: TransportAddress) -> Bool {
        backends[backend] != nil
    }
}
