import Synchronization

/// The connections that are open, and how many of them come from where.
final class ClientTable: Sendable {
    private struct State {
        var clients: [ObjectIdentifier: Client] = [:]
        var byAddress: [ClientAddress: Int] = [:]
    }

    private let state = Mutex(State())

    /// Why one more connection from this address is too many; nil where it is not.
    func refusal(of address: ClientAddress, _ limits: HTTPServerConfiguration) -> HTTPRefusal? {
        state.withLock { Self.refusal(of: address, $0, limits) }
    }

    /// Adds a connection, unless there are enough by now: other threads accept, too. Why it is one too many, then.
    func add(_ client: Client, _ limits: HTTPServerConfiguration) -> HTTPRefusal? {
        state.withLock { state in
            if let reason = Self.refusal(of: client.address, state, limits) { return reason }
            state.clients[ObjectIdentifier(client)] = client
            state.byAddress[client.address, default: 0] += 1
            return nil
        }
    }

    private static func refusal(of address: ClientAddress, _ state: borrowing State, _ limits: HTTPServerConfiguration) -> HTTPRefusal? {
        if state.clients.count >= limits.maxConnections { return .tooManyConnections }
        return state.byAddress[address, default: 0] >= limits.maxConnectionsOfAddress ? .tooManyOfAddress : nil
    }

    /// To be called before its socket is closed: nothing touches that from here on.
    func remove(_ client: Client) {
        state.withLock { state in
            guard state.clients.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
            let left = (state.byAddress[client.address] ?? 1) - 1
            state.byAddress[client.address] = left > 0 ? left : nil
        }
    }

    /// Closes those whose time is up.
    func sweep(at now: ContinuousClock.Instant, _ limits: HTTPServerConfiguration) {
        state.withLock { state in
            for client in state.clients.values { client.closeIfLate(at: now, limits) }
        }
    }
}
