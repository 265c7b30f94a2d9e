import FlowModel

/// Where a session's sampling rate comes from: the `source` label of `weir_exporter_sampling_rate`.
package enum SamplingSource: String, Sendable, Codable, CaseIterable {
    /// Options data.
    case options
    /// The datagram's header (NetFlow v5).
    case header
    /// The record itself (IE 34, 50; an sFlow sample).
    case record
    /// The exporter has multiplied its counts already.
    case prescaled
    /// The configuration.
    case configured
    /// Nobody said one: counted as unsampled, or at `collector.default_sampling_rate` where one was announced and did not come.
    case unknown
}

/// The sampling rates that one session has announced, by observation domain and sampler, and in which domains it has referred to one.
///
/// An exporter tells its rates in options data (RFC 7011 §3.4.2.2; IEs 34, 50, 305, 306), apart from the flows they apply to.
struct SamplingRates: Sendable {
    /// What is known of the rate of a record that doesn't tell its own.
    enum Answer: Equatable {
        /// Announced.
        case rate(UInt32)
        /// The session never referred to a rate here.
        case unsampled
        /// The session has referred to a rate that may still come.
        case awaited
        /// The session has referred to a rate that did not come, or to several and the record doesn't say which.
        case unknown
    }

    private struct Sampler: Hashable {
        var domain: UInt32
        var id: UInt32
    }

    private struct DomainRate: Hashable {
        var domain: UInt32
        var rate: UInt32
    }

    private enum Expectation {
        case none
        case awaited
        case givenUp
    }

    private struct Domain {
        /// Announced for all of the domain.
        var whole: UInt32?
        /// The rate that all samplers of the domain share.
        var common: UInt32?
        var samplers = 0
        /// How many rates its samplers have.
        var distinctRates = 0
        var expectation = Expectation.none
    }

    private static let maximumDomains = 256
    private static let maximumSamplers = 1024
    /// Octets that are counted for a domain, and for a sampler.
    private static let domainCost = 112
    private static let samplerCost = 96

    private var domains: [UInt32: Domain] = [:]
    private var samplers: [Sampler: UInt32] = [:]
    /// How many samplers of a domain have a rate: so that one more announcement costs the same however many there are.
    private var users: [DomainRate: Int] = [:]
    /// Grows with each change of what is saved.
    private(set) var revision: UInt64 = 0

    /// Octets of memory they take, at most.
    var bytes: Int { domains.count * Self.domainCost + samplers.count * Self.samplerCost }

    /// Whether the session has said nothing about sampling.
    var isEmpty: Bool { domains.isEmpty }

    /// Takes in an announcement; `sampler` nil: for all of the domain. 0 is what some exporters send for "not sampled". Beyond 256 domains or
    /// 1024 samplers, or where there is no room (`mayGrow`), nothing more is taken in. Whether it was.
    mutating func announce(_ rate: UInt32, domain: UInt32, sampler: UInt32?, mayGrow: Bool = true) -> Bool {
        guard var entry = entry(for: domain, mayGrow: mayGrow) else { return false }
        let rate = max(rate, 1)
        if let sampler {
            let key = Sampler(domain: domain, id: sampler)
            let old = samplers[key]
            // Announcements are repeated: mostly nothing changes.
            guard old != rate else { return true }
            if old == nil {
                guard mayGrow, samplers.count < Self.maximumSamplers else { return false }
                entry.samplers += 1
            }
            samplers[key] = rate
            if let old, leave(DomainRate(domain: domain, rate: old)) { entry.distinctRates -= 1 }
            if join(DomainRate(domain: domain, rate: rate)) { entry.distinctRates += 1 }
            entry.common = entry.distinctRates == 1 ? rate : nil
        } else {
            guard entry.whole != rate else { return true }
            entry.whole = rate
        }
        domains[domain] = entry
        revision &+= 1
        return true
    }

    /// Notes that the domain has referred to a rate which options data must tell. Whether there was room for it.
    mutating func expect(domain: UInt32, mayGrow: Bool = true) -> Bool {
        guard var entry = entry(for: domain, mayGrow: mayGrow) else { return false }
        guard entry.expectation == .none else { return true }
        entry.expectation = .awaited
        domains[domain] = entry
        revision &+= 1
        return true
    }

    /// Notes that the rate of the domain did not come in time: from now on its records don't wait.
    mutating func giveUp(domain: UInt32) {
        domains[domain]?.expectation = .givenUp
    }

    /// The rate of a record of `domain` that refers to `sampler` (nil: to none), in this order: the sampler's, the domain's, the one that all of the
    /// domain's samplers share (only for a record that refers to none), for IPFIX what domain 0 announced (RFC 7011 §3.1: 0 where a message belongs
    /// to no domain in particular).
    func answer(domain: UInt32, sampler: UInt32?, isIPFIX: Bool) -> Answer {
        if domains.isEmpty { return .unsampled }
        let own = domains[domain]
        if let own, let answer = announced(own, domain: domain, sampler: sampler) { return answer }
        if isIPFIX, domain != 0, let general = domains[0], let answer = announced(general, domain: 0, sampler: sampler) { return answer }
        switch own?.expectation {
        case .awaited: return .awaited
        case .givenUp: return .unknown
        case .some(.none), nil: return .unsampled
        }
    }

    /// The rate of a flow that doesn't tell its own.
    func answer(for flow: Flow) -> Answer {
        answer(
            domain: flow.observationDomain, sampler: flow.traits.contains(.hasSampler) ? flow.sampler : nil, isIPFIX: flow.exportProtocol == .ipfix)
    }

    private func announced(_ entry: Domain, domain: UInt32, sampler: UInt32?) -> Answer? {
        if let sampler, entry.samplers > 0, let rate = samplers[Sampler(domain: domain, id: sampler)] { return .rate(rate) }
        if let whole = entry.whole { return .rate(whole) }
        // Sampler 0 is what exporters write that have no sampler for the record.
        guard sampler ?? 0 == 0, entry.samplers > 0 else { return nil }
        return entry.common.map { .rate($0) } ?? .unknown
    }

    /// Counts a sampler in; whether it is the first.
    private mutating func join(_ rate: DomainRate) -> Bool {
        let count = users[rate, default: 0]
        users[rate] = count + 1
        return count == 0
    }

    /// Counts a sampler out; whether it was the last.
    private mutating func leave(_ rate: DomainRate) -> Bool {
        let count = users[rate, default: 0]
        users[rate] = count > 1 ? count - 1 : nil
        return count == 1
    }

    private func entry(for domain: UInt32, mayGrow: Bool) -> Domain? {
        domains[domain] ?? (mayGrow && domains.count < Self.maximumDomains ? Domain() : nil)
    }
}

extension SamplingRates {
    /// All that was announced, in a stable order.
    var announcements: [SavedSession.Rate] {
        let whole = domains.compactMap { domain, entry in entry.whole.map { SavedSession.Rate(domain: domain, sampler: nil, rate: $0) } }
        let each = samplers.map { SavedSession.Rate(domain: $0.key.domain, sampler: $0.key.id, rate: $0.value) }
        return (whole + each).sorted { ($0.domain, $0.sampler.map { Int64($0) } ?? -1) < ($1.domain, $1.sampler.map { Int64($0) } ?? -1) }
    }

    /// The domains that have referred to a rate, ascending.
    var expectedDomains: [UInt32] {
        domains.filter { $0.value.expectation != .none }.map(\.key).sorted()
    }
}
