import FlowModel

/// Addresses for whose owner flows have waited in vain lately: the last few thousand of them.
struct RefusedAddresses: Sendable {
    private struct Place: BitwiseCopyable {
        var address = IPAddress.unspecified
        var until = Timestamp.unknown
    }

    private static let count = 4096
    private static let longest: Int64 = 60_000_000_000
    private var places: [Place] = []
    private let seed: UInt64

    /// None. Addresses come from outside: `seed` is mixed into the hash.
    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func insert(_ address: IPAddress, until: Timestamp) {
        if places.isEmpty { places = [Place](repeating: Place(), count: Self.count) }
        places[place(of: address)] = Place(address: address, until: until)
    }

    func contains(_ address: IPAddress, at now: Timestamp) -> Bool {
        guard !places.isEmpty else { return false }
        let found = places[place(of: address)]
        // Nobody is refused for longer than a minute: what says so was written before the clock was set back.
        return found.address == address && now < found.until && found.until.since(now) <= Self.longest
    }

    private func place(of address: IPAddress) -> Int {
        Int(truncatingIfNeeded: address.mixed(seed: seed)) & (Self.count - 1)
    }
}
