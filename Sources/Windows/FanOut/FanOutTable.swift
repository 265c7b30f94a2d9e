import FlowModel
import Identity

/// Where sources of connections went within the last five minutes, and whether they had been there within the day before; bounded, sketches only.
struct FanOutTable: Sendable {
    /// Sources at most; a new one takes the place of one that was silent for a window, or is left out.
    static let limit = 4096
    /// Parts of a window, a minute each.
    private static let parts = 5
    private static let examples = 5
    /// Connections of a window from which on a source is looked at.
    private static let fewest: Int64 = 16
    /// How long one of the two sketches of the past is added to, minutes: between 12 and 24 hours are remembered.
    private static let pastMinutes: Int64 = 12 * 60

    private struct Reach: Sendable {
        var destinations = DistinctSketch()
        var ports = DistinctSketch()

        mutating func formUnion(_ other: borrowing Reach) {
            destinations.formUnion(other.destinations)
            ports.formUnion(other.ports)
        }
    }

    private struct Part: Sendable {
        var reach = Reach()
        var connections: Int64 = 0
        var failures: Int64 = 0
    }

    private struct Source: Sendable {
        var endpoint: EndpointNumber
        var workload: WorkloadNumber
        var parts: [Part]
        /// The minute of the newest part.
        var minute: Int64
        /// What left the window: in this half of a day, and in the one before.
        var past = Reach()
        var earlier = Reach()
        var pastSince: Int64
        /// The minute since which it is known.
        var since: Int64
        var examples: [KeptFlow] = []
        var nextExample = 0
    }

    private var sources: [Source] = []
    private var index: [EndpointNumber: Int] = [:]
    /// The source that was noted last, and its place: flows come source by source.
    private var last: (endpoint: EndpointNumber, place: Int)?
    private var seed: UInt64
    /// The minute in which no place was found: whoever comes within it finds none either.
    private var fullMinute: Int64 = -1
    /// Sources there was no room for.
    private(set) var refused: UInt64 = 0

    init(seed: UInt64) {
        self.seed = seed
    }

    /// The workloads of its sources.
    var workloads: [WorkloadNumber] { sources.map(\.workload) }

    /// Notes connections' requests, which are all to where one of them went.
    mutating func note(_ booking: borrowing Booking, connections: Int64, of workload: WorkloadNumber, minute: Int64) {
        guard let place = place(of: booking.pair.source, workload, minute: minute) else {
            refused &+= 1
            return
        }
        Self.advance(&sources[place], to: minute)
        sources[place].workload = workload
        let part = Int(minute % Int64(Self.parts))
        let address = booking.destination.mixed(seed: seed)
        sources[place].parts[part].reach.destinations.note(Self.mixed(address))
        let port = address ^ (UInt64(booking.destinationPort) << 8 | UInt64(booking.protocolNumber)) &* 0x9E37_79B9_7F4A_7C15
        let isNew = sources[place].parts[part].reach.ports.note(Self.mixed(port))
        sources[place].parts[part].connections += connections
        if booking.isUnanswered { sources[place].parts[part].failures += connections }
        guard isNew else { return }
        if sources[place].examples.count < Self.examples {
            sources[place].examples.append(booking.kept)
        } else {
            sources[place].examples[sources[place].nextExample] = booking.kept
            sources[place].nextExample = (sources[place].nextExample + 1) % Self.examples
        }
    }

    /// What the sources did in the window that ends with a minute, of those that did much.
    mutating func report(minute: Int64) -> [ClosedTick.FanOut] {
        var found: [ClosedTick.FanOut] = []
        for place in sources.indices where sources[place].minute > minute - Int64(Self.parts) {
            Self.advance(&sources[place], to: minute)
            let connections = sources[place].parts.reduce(0) { $0 + $1.connections }
            guard connections >= Self.fewest else { continue }
            var reach = Reach()
            for part in sources[place].parts { reach.formUnion(part.reach) }
            var before = sources[place].past
            before.formUnion(sources[place].earlier)
            var all = before
            all.formUnion(reach)
            var report = ClosedTick.FanOut(
                source: sources[place].endpoint, workload: sources[place].workload, destinations: reach.destinations.count,
                newDestinations: max(0, all.destinations.count - before.destinations.count), ports: reach.ports.count,
                newPorts: max(0, all.ports.count - before.ports.count), connections: connections,
                failures: sources[place].parts.reduce(0) { $0 + $1.failures }, examples: sources[place].examples)
            report.knownTicks = (minute - sources[place].since) * 60 / ClosedTick.seconds
            found.append(report)
        }
        return found
    }

    /// Takes out what is said of endpoints that are gone.
    mutating func forget(_ endpoints: Set<EndpointNumber>) {
        for endpoint in endpoints { if let place = index[endpoint] { remove(place) } }
    }

    private mutating func place(of endpoint: EndpointNumber, _ workload: WorkloadNumber, minute: Int64) -> Int? {
        if let last, last.endpoint == endpoint { return last.place }
        if let place = index[endpoint] {
            last = (endpoint, place)
            return place
        }
        if sources.count == Self.limit {
            guard minute != fullMinute else { return nil }
            guard let idle = sources.firstIndex(where: { $0.minute <= minute - Int64(Self.parts) }) else {
                fullMinute = minute
                return nil
            }
            remove(idle)
        }
        sources.append(
            Source(
                endpoint: endpoint, workload: workload, parts: [Part](repeating: Part(), count: Self.parts), minute: minute, pastSince: minute,
                since: minute))
        index[endpoint] = sources.count - 1
        return sources.count - 1
    }

    private mutating func remove(_ place: Int) {
        last = nil
        index[sources[place].endpoint] = nil
        let last = sources.removeLast()
        guard place < sources.count else { return }
        sources[place] = last
        index[last.endpoint] = place
    }

    /// Moves what leaves the window to the past.
    private static func advance(_ source: inout Source, to minute: Int64) {
        guard minute > source.minute else { return }
        for step in 1...min(minute - source.minute, Int64(parts)) {
            let place = Int((source.minute + step) % Int64(parts))
            source.past.formUnion(source.parts[place].reach)
            source.parts[place] = Part()
        }
        source.minute = minute
        if minute - source.pastSince >= pastMinutes {
            source.earlier = source.past
            source.past = Reach()
            source.pastSince = minute
        }
    }

    /// The finaliser of MurmurHash3: each bit of what it gives depends on each that it gets.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
