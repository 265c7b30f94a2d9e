import FlowModel

/// A node's uplink: what flows between its pods and others, and the replication of its disks, which no flow exporter sees.
struct SimulatedUplink: Sendable {
    /// bit/s.
    static let speed: UInt64 = 10_000_000_000
    /// Octets a second of the disks' replication.
    private static let replication = 140e6
    /// Of the speed, where the uplink is congested.
    private static let congested = 0.975
    private static let packetSize = 1200.0
    /// Of the packets, where it is congested.
    private static let discarded = 0.0002

    private(set) var counters = InterfaceCounters()
    private var random: SplitMix64
    /// Octets a second, in and out.
    private var rates = (input: 0.0, output: 0.0)
    private var isCongested = false
    private var advanced = Timestamp.unknown
    private var partial = 0.0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0x0E7B_0000)
        counters.index = 2
        counters.speed = Self.speed
        counters.input.octets = UInt64(random.below(1 << 50))
        counters.output.octets = UInt64(random.below(1 << 50))
    }

    /// Takes in the flows of a tick.
    mutating func plan(_ flows: [PlannedFlow], node: Int, isCongested: Bool) {
        let seconds = Double(TrafficModel.tickSeconds)
        func rate(_ chosen: (PlannedFlow) -> Bool) -> Double { flows.reduce(0) { $0 + (chosen($1) ? Double($1.flow.bytes) : 0) } / seconds }
        rates.input = rate { $0.destinationNode == node && $0.sourceNode != node } + Self.replication * (0.9 + 0.2 * random.uniform())
        rates.output = rate { $0.sourceNode == node && $0.destinationNode != node } + Self.replication * (0.9 + 0.2 * random.uniform())
        if isCongested { rates.output = Double(Self.speed) / 8 * Self.congested }
        self.isCongested = isCongested
    }

    /// Counts up to `now`.
    mutating func advance(to now: Timestamp) {
        defer { advanced = now }
        guard advanced != .unknown, now > advanced else { return }
        let seconds = Double(now.since(advanced)) / 1e9
        Self.add(rates.input * seconds, to: &counters.input)
        Self.add(rates.output * seconds, to: &counters.output)
        guard isCongested else { return }
        partial += rates.output * seconds / Self.packetSize * Self.discarded
        counters.output.discards &+= UInt32(partial)
        partial -= partial.rounded(.down)
    }

    private static func add(_ octets: Double, to direction: inout InterfaceCounters.Direction) {
        direction.octets &+= UInt64(octets)
        direction.unicastPackets &+= UInt32(truncatingIfNeeded: UInt64(octets / packetSize))
    }
}
