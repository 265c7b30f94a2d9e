import FlowModel

/// Flows that wait for their sampling rate, oldest first: at most `limit`, none longer than `maximumAge`.
struct PendingFlows: Sendable {
    /// Flows a session may keep waiting; what comes beyond counts at once.
    static let limit = 4096
    /// Nanoseconds a flow waits at most: 60 s.
    static let maximumAge: Int64 = 60_000_000_000

    private var held: FlowBatch?
    private var since: [Timestamp] = []

    var count: Int { since.count }
    var isEmpty: Bool { since.isEmpty }
    /// How many more flows may wait.
    var room: Int { Self.limit - since.count }

    /// Whether a flow has waited for as long as it may.
    func isOverdue(at now: Timestamp) -> Bool {
        since.first.map { now.since($0) >= Self.maximumAge } ?? false
    }

    /// Takes flows whose `samplingRate` is 0 out of the batch, names and details with them. There must be room for them.
    mutating func take(from batch: inout FlowBatch, at now: Timestamp) {
        var held = self.held ?? FlowBatch(wantsDetail: batch.wantsDetail)
        self.held = nil
        batch.moveFlows(to: &held) { _, flow in flow.samplingRate == 0 }
        since.append(contentsOf: repeatElement(now, count: held.flows.count - since.count))
        self.held = held
    }

    /// Gives back to the batch, at its end, the flows for which `rate` has one; it is told how long each has waited, and scales by itself.
    mutating func give(to batch: inout FlowBatch, at now: Timestamp, rate: (_ flow: Flow, _ isOverdue: Bool) -> UInt32?) {
        guard var held else { return }
        self.held = nil
        var kept: [Timestamp] = []
        let first = batch.flows.count
        var rates: [UInt32] = []
        held.moveFlows(to: &batch) { index, flow in
            if let rate = rate(flow, now.since(since[index]) >= Self.maximumAge) {
                rates.append(rate)
                return true
            }
            kept.append(since[index])
            return false
        }
        for (offset, rate) in rates.enumerated() { batch.flows[first + offset].scale(by: rate) }
        since = kept
        self.held = kept.isEmpty ? nil : held
    }
}

extension FlowBatch {
    /// Moves the flows that `leaves` to the end of another batch, each with its detail and its names; the order stays on both sides.
    mutating func moveFlows(to other: inout FlowBatch, where leaves: (_ index: Int, _ flow: Flow) -> Bool) {
        let hasDetails = details.count == flows.count && !flows.isEmpty
        var kept = 0
        var name = 0
        var keptNames = 0
        for index in flows.indices {
            let isLeaving = leaves(index, flows[index])
            while name < claimedNames.count, claimedNames[name].flow <= index {
                var names = claimedNames[name]
                name += 1
                if names.flow < index { continue }
                names.flow = isLeaving ? other.flows.count : kept
                if isLeaving {
                    other.claimedNames.append(names)
                } else {
                    claimedNames[keptNames] = names
                    keptNames += 1
                }
            }
            if isLeaving {
                other.flows.append(flows[index])
                if other.wantsDetail { other.details.append(hasDetails ? details[index] : FlowDetail()) }
            } else {
                flows[kept] = flows[index]
                if hasDetails { details[kept] = details[index] }
                kept += 1
            }
        }
        flows.removeLast(flows.count - kept)
        if hasDetails { details.removeLast(details.count - kept) }
        claimedNames.removeLast(claimedNames.count - keptNames)
    }
}
