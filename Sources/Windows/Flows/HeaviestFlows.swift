import FlowModel
import Identity

/// The heaviest flows of the last hour, a thousand for each minute of their end, so that "what was that?" has an answer.
package struct HeaviestFlows: Sendable {
    /// Flows kept for each minute.
    package static let perMinute = 1000
    /// Minutes kept.
    package static let minutes = 60

    /// A flow with the names its ends had when it was counted.
    package struct NamedFlow: Sendable {
        package var flow: KeptFlow
        package var source: EndpointLabels
        package var destination: EndpointLabels
    }

    private struct Minute: Sendable {
        var flows: [NamedFlow] = []
        var index: [FlowKey: Int] = [:]

        mutating func add(_ kept: KeptFlow, _ registry: EndpointRegistry) {
            if let position = index[FlowKey(kept)] {
                flows[position].flow.add(kept)
                return
            }
            index[FlowKey(kept)] = flows.count
            flows.append(
                NamedFlow(flow: kept, source: registry.labels(of: kept.sourceEndpoint), destination: registry.labels(of: kept.destinationEndpoint)))
            if flows.count >= 2 * HeaviestFlows.perMinute { prune() }
        }

        mutating func prune() {
            flows.sort { $0.flow.bytes > $1.flow.bytes }
            flows.removeLast(max(0, flows.count - HeaviestFlows.perMinute))
            index = Dictionary(flows.enumerated().map { (FlowKey($1.flow), $0) }) { first, _ in first }
        }
    }

    private var ring: [Int64: Minute] = [:]

    package init() {}

    /// Takes in what a shard has kept. A flow that ended outside of the hour before `now` is left out.
    package mutating func merge(_ buffer: borrowing HeaviestFlowsBuffer, registry: EndpointRegistry, now: Timestamp) {
        let current = Self.minute(of: now)
        let oldest = current - Int64(Self.minutes) + 1
        for var flow in buffer.flows {
            // By a clock that goes ahead: it ends now, so that whoever asks about now finds it.
            flow.end = min(flow.end, now)
            let minute = Self.minute(of: flow.end)
            if minute >= oldest { ring[minute, default: Minute()].add(flow, registry) }
        }
        if ring.keys.contains(where: { $0 < oldest }) { ring = ring.filter { $0.key >= oldest } }
    }

    /// The flows that ended in `from`...`to` and that `matches` takes, heaviest first, at most `limit`.
    package func flows(from: Timestamp, to: Timestamp, limit: Int, matching matches: (NamedFlow) -> Bool) -> [NamedFlow] {
        let minutes = Self.minute(of: from)...max(Self.minute(of: from), Self.minute(of: to))
        var found: [NamedFlow] = []
        for (minute, kept) in ring where minutes.contains(minute) {
            // Between two prunings a minute holds more than it promises.
            var kept = kept
            kept.prune()
            found += kept.flows.filter { $0.flow.end >= from && $0.flow.end <= to && matches($0) }
        }
        return Array(found.sorted { $0.flow.bytes > $1.flow.bytes }.prefix(max(0, limit)))
    }

    private static func minute(of time: Timestamp) -> Int64 {
        time.nanoseconds / 60_000_000_000
    }
}

/// A receive thread's share of the heaviest flows since the owner last took it.
@usableFromInline
package struct HeaviestFlowsBuffer: Sendable {
    /// Flows it holds at most; then reports of the same flow are added up. If more than half of it is left, the lighter ones go, and what is lighter than those
    /// is not looked at any more.
    static let capacity = 4096

    private(set) var flows: [KeptFlow] = []
    @usableFromInline var floor: UInt64 = 0

    package init() {
        flows.reserveCapacity(Self.capacity)
    }

    /// Whether a flow as counted is heavy enough to be offered.
    @inlinable
    @inline(__always)
    package func wants(_ flow: borrowing Flow) -> Bool { flow.bytes > floor }

    /// Offers a flow as counted; one comparison where it is too light.
    @inlinable
    @inline(__always)
    package mutating func offer(_ flow: borrowing Flow, source: EndpointNumber, destination: EndpointNumber, exporter: IPAddress) {
        guard wants(flow) else { return }
        keep(copy flow, source, destination, exporter)
    }

    /// Empties it; its memory stays.
    package mutating func removeAll() {
        flows.removeAll(keepingCapacity: true)
        floor = 0
    }

    @usableFromInline
    mutating func keep(_ flow: Flow, _ source: EndpointNumber, _ destination: EndpointNumber, _ exporter: IPAddress) {
        flows.append(KeptFlow(flow, source: source, destination: destination, exporter: exporter))
        guard flows.count == Self.capacity else { return }
        addUp()
        guard flows.count > Self.capacity / 2 else { return }
        let floor = flows.map(\.bytes).sorted()[flows.count - Self.capacity / 2]
        self.floor = floor
        // Of those as heavy as the floor, as many as there is room for beside the heavier ones.
        var room = Self.capacity / 2 - flows.count { $0.bytes > floor }
        flows.removeAll { flow in
            guard flow.bytes == floor else { return flow.bytes < floor }
            room -= 1
            return room < 0
        }
    }

    /// Makes one of all reports of the same flow: a sampled flow comes as one report for each packet.
    private mutating func addUp() {
        var positions: [FlowKey: Int] = [:]
        positions.reserveCapacity(flows.count)
        var count = 0
        for index in flows.indices {
            let flow = flows[index]
            // What ended in another minute is counted there.
            let key = FlowKey(flow)
            if let position = positions[key], flows[position].end.nanoseconds / 60_000_000_000 == flow.end.nanoseconds / 60_000_000_000 {
                flows[position].add(flow)
            } else {
                positions[key] = count
                flows[count] = flow
                count += 1
            }
        }
        flows.removeLast(flows.count - count)
    }
}
