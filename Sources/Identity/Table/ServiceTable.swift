import FlowModel

/// Which backends a Service's port has.
struct ServiceTable: Sendable {
    private var backends: [TransportAddress: Set<TransportAddress>] = [:]
    private var all: Set<TransportAddress> = []

    mutating func add(_ backend: TransportAddress, to service: TransportAddress) {
        backends[service, default: []].insert(backend)
        all.insert(backend)
    }

    /// Whether `backend` stands behind the Service's address and port.
    func contains(_ backend: TransportAddress, for service: TransportAddress) -> Bool {
        backends[service]?.contains(backend) ?? false
    }

    /// Whether `backend` stands behind some Service.
    func contains(_ backend: TransportAddress) -> Bool {
        all.contains(backend)
    }

    /// All addresses that back some Service.
    var backendAddresses: Set<IPAddress> { Set(all.map(\.address)) }

    /// The addresses of Services that something stands behind.
    var backedAddresses: Set<IPAddress> { Set(backends.keys.map(\.address)) }
}
