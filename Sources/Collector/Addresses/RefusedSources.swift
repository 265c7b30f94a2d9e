import FlowModel
import Synchronization

/// Some of the sources that were refused, for somebody to be told: 64 at most, until they are taken.
///
/// Receive threads note every refused datagram here, so it costs little: a thread that would have to wait goes on instead.
final class RefusedSources: Sendable {
    private static let limit = 64

    private let addresses = Mutex<Set<IPAddress>>([])

    func note(_ address: IPAddress) {
        _ = addresses.withLockIfAvailable { if $0.count < Self.limit { $0.insert(address) } }
    }

    func take() -> [IPAddress] {
        addresses.withLock { addresses in
            defer { addresses = [] }
            return addresses.sorted()
        }
    }
}
