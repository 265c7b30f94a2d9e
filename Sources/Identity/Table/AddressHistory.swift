import FlowModel

/// Who owned an address when, where that is more than one endpoint for all the time that is remembered.
struct AddressHistory: Sendable, Equatable {
    /// A time for which one endpoint claims the address.
    struct Ownership: Sendable, Equatable {
        var from: Timestamp
        /// `.distantFuture` while it owns it.
        var until: Timestamp
        var entry: EndpointEntry
        /// What the claim is worth, which is how it is known.
        var rank: Claim.Rank
    }

    /// Where two claim it at one time, the one that is believed comes first.
    var ownerships: [Ownership] = []
    /// Whether a Service is backed by the address.
    var isServiceBackend = false

    /// A flow this much before an owner's time, nanoseconds, is still its own where nobody else is known: clocks differ.
    static let clockTolerance: Int64 = 2_000_000_000

    /// The owner at a time. Behind the end of an ownership, for `grace` nanoseconds, the last owner's entry says that it is `isUnsettled`. nil: nobody.
    func owner(at time: Timestamp, grace: Int64) -> EndpointEntry? {
        guard let found = ownership(at: time, grace: grace) else { return nil }
        var entry = entry(of: found.ownership)
        if found.isPast { entry.isUnsettled = true }
        return entry
    }

    /// Whose the address was at a time, and whether that is so only because nobody else is known to have had it since, for `grace` nanoseconds. nil: nobody's.
    func ownership(at time: Timestamp, grace: Int64) -> (ownership: Ownership, isPast: Bool)? {
        var last: Ownership?
        var next: Ownership?
        for ownership in ownerships {
            if time < ownership.from {
                if next.map({ ownership.from < $0.from }) ?? true { next = ownership }
            } else if time < ownership.until {
                return (ownership, false)
            } else if last.map({ ownership.until > $0.until }) ?? true {
                last = ownership
            }
        }
        if let last, time.since(last.until) < grace { return (last, true) }
        return next.flatMap { $0.from.since(time) <= Self.clockTolerance ? ($0, false) : nil }
    }

    /// The owner now; nil: nobody.
    var owner: EndpointEntry? {
        ownerships.first { $0.until == .distantFuture }.map { entry(of: $0) }
    }

    private func entry(of ownership: Ownership) -> EndpointEntry {
        var entry = ownership.entry
        if isServiceBackend { entry.isServiceBackend = true }
        return entry
    }
}
