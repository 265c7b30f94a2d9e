import FlowModel
import FlowProtocols

/// The exporter of one node: what it says of the flows it sees, and of its uplink, in the protocol it speaks.
struct SimulatedExporter: Sendable {
    /// A flow exporter tells of a tick so long after its end, nanoseconds, each at a time of its own.
    private let delay: Int64
    private let node: Int
    let kind: ExportKind
    private var encoder: FlowEncoder?
    private var samples: SFlowEncoder
    private var templatesAt = Timestamp.unknown
    private var systemStart: Timestamp
    /// How often it has started anew.
    private var run = 0
    private var wasSilent = false
    private let address: IPAddress
    private var random: SplitMix64
    private var uplink: SimulatedUplink
    /// What is still to be sent, in the order of time.
    private var pending: [(at: Timestamp, content: Content)] = []

    private enum Content: Sendable {
        case flows([Flow])
        case samples([Flow])
        case counters
    }

    private static let templateInterval: Int64 = 60_000_000_000
    private static let counterInterval: Int64 = 10_000_000_000
    private static let second: Int64 = 1_000_000_000
    private static let flowInterface: UInt32 = 7

    init(node: Int, address: IPAddress, _ kind: ExportKind, start: Timestamp, seed: UInt64) {
        self.node = node
        self.kind = kind
        delay = 300_000_000 + Int64(node) * 220_000_000
        systemStart = start.advanced(by: -86_400 * Self.second)
        random = SplitMix64(seed: seed &+ UInt64(node) &* 7919)
        self.address = address
        samples = SFlowEncoder(agent: address)
        uplink = SimulatedUplink(seed: seed &+ UInt64(node))
        encoder = Self.encoder(kind, node: node, systemStart)
    }

    private static func encoder(_ kind: ExportKind, node: Int, _ systemStart: Timestamp) -> FlowEncoder? {
        let domain = UInt32(node + 1)
        return switch kind {
        case .ipfix: FlowEncoder(.ipfix, domain: domain, systemStart: systemStart)
        case .netflow9: FlowEncoder(.netflow9, domain: domain, systemStart: systemStart)
        case .sampledNetFlow9: FlowEncoder(.netflow9, domain: domain, systemStart: systemStart, sampler: 1)
        case .netflow5: FlowEncoder(.netflow5, domain: domain, systemStart: systemStart)
        case .sflow: nil
        }
    }

    /// After it has ended it comes back as a new process: another port, all numbers from the beginning.
    private mutating func restart() {
        run += 1
        templatesAt = .unknown
        samples = SFlowEncoder(agent: address)
        encoder = Self.encoder(kind, node: node, systemStart)
    }

    /// Takes in the flows of a tick that begins at `start`, as they are planned when it begins.
    ///
    /// - Parameter isCongested: whether the node's uplink is as good as full.
    mutating func plan(_ flows: [PlannedFlow], from start: Timestamp, isCongested: Bool) {
        let end = start.advanced(by: TrafficModel.tickSeconds * Self.second)
        let seen = flows.filter { $0.sourceNode == node || $0.destinationNode == node }
        uplink.plan(seen, node: node, isCongested: isCongested)
        if case .sflow(let rate) = kind {
            for (second, sampled) in sampled(seen, in: rate).enumerated() {
                pending.append((start.advanced(by: Int64(second + 1) * Self.second), .samples(sampled)))
            }
        } else {
            pending.append((end.advanced(by: delay), .flows(seen.compactMap { record($0, from: start, to: end) })))
        }
        for time in stride(from: 0, to: Int(end.since(start)), by: 5 * Int(Self.second)).map(Int64.init)
        where start.advanced(by: time).nanoseconds % Self.counterInterval == 0 {
            pending.append((start.advanced(by: time + delay), .counters))
        }
        pending.sort { $0.at < $1.at }
    }

    /// The datagrams that are due; `isSilent`: nothing is sent, and what was due is lost to the exporter itself.
    mutating func datagrams(dueAt now: Timestamp, isSilent: Bool) -> [SimulatedDatagram] {
        var found: [SimulatedDatagram] = []
        while let next = pending.first, next.at <= now {
            pending.removeFirst()
            if case .counters = next.content { uplink.advance(to: next.at) }
            if wasSilent, !isSilent { restart() }
            wasSilent = isSilent
            if isSilent { continue }
            found += encoded(next.content, at: now)
        }
        return found
    }

    // MARK: Encoding

    private mutating func encoded(_ content: Content, at time: Timestamp) -> [SimulatedDatagram] {
        let uptime = UInt32(truncatingIfNeeded: time.since(systemStart) / 1_000_000)
        switch content {
        case .counters:
            // An agent that samples packets tells of its counters by the same socket, in the same sequence.
            let source = encoder == nil ? SimulatedDatagram.Source.flows : .counters
            return [SimulatedDatagram(node: node, run: run, source: source, payload: samples.counters(uplink.counters, name: "eth0", uptime: uptime))]
        case .samples(let flows):
            // Seven samples of 128 octets fill a datagram.
            return stride(from: 0, to: flows.count, by: 7).map { first in
                let part = Array(flows[first..<min(first + 7, flows.count)])
                return SimulatedDatagram(node: node, run: run, source: .flows, payload: samples.datagram(part, uptime: uptime), flows: part)
            }
        case .flows(let flows):
            guard var encoder else { return [] }
            var found: [SimulatedDatagram] = []
            if templatesAt == .unknown || time.since(templatesAt) >= Self.templateInterval {
                templatesAt = time
                for payload in [encoder.templates(at: time), kind.samplingRate > 1 ? encoder.samplingRate(kind.samplingRate, at: time) : nil] {
                    if let payload { found.append(SimulatedDatagram(node: node, run: run, source: .flows, payload: payload)) }
                }
            }
            for first in stride(from: 0, to: flows.count, by: 20) {
                let part = Array(flows[first..<min(first + 20, flows.count)])
                for payload in encoder.datagrams(part, at: time) {
                    found.append(SimulatedDatagram(node: node, run: run, source: .flows, payload: payload, flows: part))
                }
            }
            self.encoder = encoder
            return found
        }
    }

    /// A flow as a record of it says; nil where none of its packets were looked at.
    private mutating func record(_ planned: PlannedFlow, from start: Timestamp, to end: Timestamp) -> Flow? {
        var flow = planned.flow
        flow.start = start
        flow.end = end.advanced(by: -1_000_000)
        flow.inputInterface = Self.flowInterface
        flow.outputInterface = planned.isDenied ? 0 : planned.destinationNode == node ? Self.flowInterface + 1 : 2
        // RFC 7270 §4.12: forwarded; dropped by an access list.
        flow.forwardingStatus = planned.isDenied ? 129 : 64
        if kind.samplingRate > 1 {
            let seen = UInt64(random.poisson(Double(flow.packets) / Double(kind.samplingRate)))
            guard seen > 0 else { return nil }
            flow.bytes = seen * (flow.bytes / flow.packets)
            flow.packets = seen
        }
        return flow
    }

    /// Sampled packets of a tick, by its seconds.
    private mutating func sampled(_ flows: [PlannedFlow], in rate: UInt32) -> [[Flow]] {
        var seconds = [[Flow]](repeating: [], count: Int(TrafficModel.tickSeconds))
        for planned in flows {
            for _ in 0..<random.poisson(Double(planned.flow.packets) / Double(rate)) {
                var packet = planned.flow
                packet.bytes = min(max(packet.bytes / packet.packets, 40), 1500)
                packet.packets = 1
                packet.samplingRate = rate
                if packet.protocolNumber == 6 { packet.tcpFlags = .ack }
                packet.inputInterface = Self.flowInterface
                // sFlow v5 §5.3: format 1 in the upper two bits is "discarded", 258 "by an access list".
                packet.outputInterface = planned.isDenied ? 1 << 30 | 258 : Self.flowInterface + 1
                seconds[random.below(seconds.count)].append(packet)
            }
        }
        return seconds
    }
}

/// A datagram of an exporter.
package struct SimulatedDatagram: Sendable {
    /// Which of an exporter's sockets sends it.
    package enum Source: Int, Sendable {
        /// Of flows.
        case flows
        /// Of interface counters, whatever the flows are told by.
        case counters
    }

    /// The exporter's node.
    package var node: Int
    /// How often the exporter has started anew: each time it has other ports.
    package var run: Int
    package var source: Source
    package var payload: [UInt8]
    /// What it tells of.
    package var flows: [Flow] = []
}
