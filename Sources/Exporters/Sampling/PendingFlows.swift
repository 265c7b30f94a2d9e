import FlowModel

/// Flows that wait for their sampling rate, oldest first: at most `limit`, none longer than `maximumAge`.
struct PendingFlows: Sendable {
    /// Flows a session may keep waiting; what comes beyond counts at once.
    static let limit = 4096
    /// Nanoseconds a flow waits at most: 60 s.
    static let maximumAge: Int64 = 60_000_000_000
    /// Octets that are counted for a flow: twice its own, since arrays grow by doubling.
    static let cost = 2 * (MemoryLayout<Flow>.stride + MemoryLayout<Timestamp>.stride)
    /// Nanoseconds between two looks through more than a few flows for what the exporter has told: 10 ms. A look costs as much as there are, and news may come
    /// with each datagram.
    private static let lookInterval: Int64 = 10_000_000
    /// A new `FlowBatch` has room for so many flows.
    private static let least = 64

    /// Octets of memory that it may take.
    var limitBytes = Int.max
    private var held: FlowBatch?
    private var since: [Timestamp] = []
    /// Octets of the names that go with the flows.
    private var nameBytes = 0
    /// When they were last looked through.
    private var lastLook = Timestamp.unknown
    /// Whether the exporter has told something since.
    private var hasNews = false

    var count: Int { since.count }
    var isEmpty: Bool { since.isEmpty }
    /// Octets of memory that it takes, at most.
    var bytes: Int { held == nil ? 0 : max(since.count, Self.least) * Self.cost + nameBytes }
    /// How many more flows may wait.
    var room: Int {
        let affordable = (limitBytes - nameBytes) / Self.cost
        return affordable >= Self.least ? max(0, min(Self.limit, affordable) - since.count) : 0
    }

    /// Whether a flow has waited for as long as it may.
    func isOverdue(at now: Timestamp) -> Bool {
        since.first.map { now.ends(wait: Self.maximumAge, since: $0) } ?? false
    }

    /// Whether it is time to look through them for flows that need not wait any longer.
    ///
    /// - Parameter hasNews: whether the exporter has just told something.
    mutating func isDue(at now: Timestamp, hasNews news: Bool = false) -> Bool {
        guard !isEmpty else { return false }
        if news { hasNews = true }
        return isOverdue(at: now) || hasNews && (count <= Self.least || now.ends(wait: Self.lookInterval, since: lastLook))
    }

    /// Takes flows whose `samplingRate` is 0 out of the batch, names and details with them. There must be room for them.
    mutating func take(from batch: inout FlowBatch, at now: Timestamp) {
        var held = self.held ?? FlowBatch(wantsDetail: batch.wantsDetail)
        self.held = nil
        let names = held.claimedNames.count
        batch.moveFlows(to: &held) { _, flow in flow.samplingRate == 0 }
        nameBytes += held.claimedNames[names...].reduce(0) { $0 + $1.heldBytes }
        since.append(contentsOf: repeatElement(now, count: held.flows.count - since.count))
        self.held = held
    }

    /// Gives back to the batch, at its end, the flows for which `rate` has one; it is told how long each has waited, and scales by itself.
    mutating func give(to batch: inout FlowBatch, at now: Timestamp, rate: (_ flow: Flow, _ isOverdue: Bool) -> UInt32?) {
        lastLook = now
        hasNews = false
        guard var held else { return }
        self.held = nil
        var kept: [Timestamp] = []
        let first = batch.flows.count
        var rates: [UInt32] = []
        held.moveFlows(to: &batch) { index, flow in
            if let rate = rate(flow, now.ends(wait: Self.maximumAge, since: since[index])) {
                rates.append(rate)
                return true
            }
            kept.append(since[index])
            return false
        }
        for (offset, rate) in rates.enumerated() { batch.flows[first + offset].scale(by: rate) }
        since = kept
        nameBytes = held.claimedNames.reduce(0) { $0 + $1.heldBytes }
        guard !kept.isEmpty else { return }
        // New arrays, so that the memory of large ones does not stay.
        held.flows = held.flows.map { $0 }
        held.claimedNames = held.claimedNames.map { $0 }
        self.held = held
    }
}

extension ClaimedNames {
    /// Octets of memory that it takes in a batch, at most.
    fileprivate var heldBytes: Int {
        let octets = sourceNamespace.utf8.count + sourcePod.utf8.count + destinationNamespace.utf8.count + destinationPod.utf8.count
        return 2 * MemoryLayout<ClaimedNames>.stride + 4 * 48 + octets
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
