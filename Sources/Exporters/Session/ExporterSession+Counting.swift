import FlowModel

/// The hot path: what is done for each flow.
extension ExporterSession {
    /// What to do to the flows of one datagram.
    func plan(for exportProtocol: ExportProtocol, receivedAt: Timestamp) -> CountingPlan {
        var plan = CountingPlan(receivedAt: receivedAt)
        if exportProtocol != .sflow5 { plan.clockCorrection = clock.correction }
        plan.trustsDropMarks = configured.trustsDropMarks
        plan.source = exportProtocol == .netflow5 ? .header : .record
        if let rate = configured.samplingRate {
            plan.fixedRate = rate
            plan.source = .configured
        }
        if exportProtocol == .ipfix, isOpenVSwitchIPFIX {
            plan.isOpenVSwitchIPFIX = true
            plan.fixedRate = 1
            plan.source = .prescaled
        } else if exportProtocol == .netflow5, isOpenVSwitchNetFlow5 {
            // Ethernet without FCS. A tag would be four more, and doesn't show in a v5 record.
            plan.overhead = 14
        }
        return plan
    }

    /// Corrects and scales the flows of one datagram in place; those that must wait for a rate leave the batch.
    mutating func count(_ batch: inout FlowBatch, plan: CountingPlan) {
        var seen = Corrections()
        var longest: Int64 = 0
        var earliest = plan.receivedAt
        var waiting = 0
        var rate = RateLookup(
            fixed: plan.fixedRate, source: plan.source, isUnannounced: rates.isEmpty, lastRate: appliedRate, lastSource: appliedSource)
        do {
            var flows = batch.flows.mutableSpan
            for index in flows.indices {
                let startAsSent = flows[index].start
                plan.correctTimes(of: &flows[index])
                if flows[index].traits.contains(.totals) {
                    differ(&flows[index], startAsSent: startAsSent, plan: plan, seen: &seen)
                }
                plan.correctCounts(of: &flows[index], seen: &seen)
                longest = max(longest, flows[index].end.since(flows[index].start))
                earliest = min(earliest, flows[index].start)
                if flows[index].traits.contains(.discardNotification) {
                    flows[index].scale(by: 1)
                } else if let known = rate.known(for: flows[index]) {
                    flows[index].scale(by: known)
                } else {
                    settleRate(of: &flows[index], lookup: &rate, waiting: &waiting)
                }
            }
        }
        appliedRate = rate.lastRate
        appliedSource = rate.lastSource
        if plan.overhead != 0 { seen.insert(.netFlow5Frames) }
        if plan.isOpenVSwitchIPFIX { seen.insert(.prescaled) }
        if plan.source == .configured { seen.insert(.configuredRate) }
        if plan.clockCorrection != 0 { seen.insert(.clock) }
        corrections.formUnion(seen)
        reportDelay = max(reportDelay, plan.receivedAt.since(earliest))
        if plan.isOpenVSwitchIPFIX, packetDivisor != 1 { lookForSampling(in: batch.flows) }
        // Longer than an hour is no active timeout, but an exporter that never resets a flow's start.
        if longest > longestDuration, longest <= 3_600_000_000_000 { longestDuration = longest }
        if waiting > 0 { pending.take(from: &batch, at: plan.receivedAt) }
    }

    /// Open vSwitch multiplies its counts itself and tells no rate; where they have no common divisor there was none.
    private mutating func lookForSampling(in flows: [Flow]) {
        for flow in flows where flow.packets > 0 {
            var (divisor, rest) = (packetDivisor, flow.packets)
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            packetDivisor = divisor
            if divisor == 1 { return }
        }
    }

    /// Gives a flow the rate that options data told, marks it as waiting (rate 0), or counts it at the default rate.
    private mutating func settleRate(of flow: inout Flow, lookup: inout RateLookup, waiting: inout Int) {
        switch rates.answer(for: flow) {
        case .rate(let rate):
            lookup.found(rate, source: .options, for: flow)
            flow.scale(by: rate)
        case .unsampled:
            lookup.found(1, source: .unknown, for: flow)
            flow.scale(by: 1)
        case .awaited where waiting < pending.room:
            lookup.pass(source: .unknown)
            waiting += 1
            flow.samplingRate = 0
        case let answer:
            lookup.pass(source: .unknown)
            if answer == .awaited { refused.pendingFlows &+= 1 }
            unknownSamplingRecords &+= 1
            flow.scale(by: configured.defaultSamplingRate)
        }
    }

    private mutating func differ(_ flow: inout Flow, startAsSent: Timestamp, plan: CountingPlan, seen: inout Corrections) {
        if plan.isOpenVSwitchIPFIX {
            // The totals of the whole exporter: no flow's.
            flow.bytes = 0
            flow.packets = 0
        } else {
            seen.insert(.totals)
            totals.difference(&flow, startAsSent: startAsSent, sessionFirstSeen: firstSeen, receivedAt: plan.receivedAt)
        }
    }

    /// Appends the flows to the batch whose wait is over, each at its rate (or at one that has been configured since) or, after 60 s, at the default one.
    mutating func releasePending(into batch: inout FlowBatch, at now: Timestamp) {
        let rates = self.rates
        let configured = self.configured
        var unknown: UInt64 = 0
        var givenUp: Set<UInt32> = []
        pending.give(to: &batch, at: now) { flow, isOverdue in
            if let rate = configured.samplingRate { return rate }
            switch rates.answer(for: flow) {
            case .rate(let rate): return rate
            case .unsampled: return 1
            case .awaited where !isOverdue: return nil
            case .awaited, .unknown:
                if isOverdue { givenUp.insert(flow.observationDomain) }
                unknown += 1
                return configured.defaultSamplingRate
            }
        }
        unknownSamplingRecords &+= unknown
        for domain in givenUp { self.rates.giveUp(domain: domain) }
    }
}

/// The sampling rate of a datagram's flows, as far as it needs no look into a table: configured, in the record, or the same as the flow's before.
private struct RateLookup {
    let fixed: UInt32
    let source: SamplingSource
    let isUnannounced: Bool
    private(set) var lastRate: UInt32
    private(set) var lastSource: SamplingSource
    private var lastDomain: UInt32 = 0
    private var lastSampler: UInt64 = .max
    private var lastFound: UInt32 = 0

    init(fixed: UInt32, source: SamplingSource, isUnannounced: Bool, lastRate: UInt32, lastSource: SamplingSource) {
        self.fixed = fixed
        self.source = source
        self.isUnannounced = isUnannounced
        self.lastRate = lastRate
        self.lastSource = lastSource
    }

    /// The rate; nil where the announced ones must be asked.
    @inline(__always)
    mutating func known(for flow: borrowing Flow) -> UInt32? {
        if fixed != 0 {
            lastRate = fixed
            lastSource = source
            return fixed
        }
        if flow.samplingRate != 0 {
            lastRate = flow.samplingRate
            lastSource = source
            return flow.samplingRate
        }
        if isUnannounced {
            lastRate = 1
            lastSource = .unknown
            return 1
        }
        guard lastFound != 0, flow.observationDomain == lastDomain, Self.sampler(of: flow) == lastSampler else { return nil }
        return lastFound
    }

    mutating func found(_ rate: UInt32, source: SamplingSource, for flow: Flow) {
        lastFound = rate
        lastDomain = flow.observationDomain
        lastSampler = Self.sampler(of: flow)
        lastRate = rate
        lastSource = source
    }

    mutating func pass(source: SamplingSource) {
        lastRate = 1
        lastSource = source
    }

    @inline(__always)
    private static func sampler(of flow: borrowing Flow) -> UInt64 {
        flow.traits.contains(.hasSampler) ? UInt64(flow.sampler) : 1 << 32
    }
}
