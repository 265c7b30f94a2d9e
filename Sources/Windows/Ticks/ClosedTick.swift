import FlowModel
import Identity

/// A tick that nothing more is expected of: what flowed in it, for rules to judge.
package struct ClosedTick: Sendable {
    /// Seconds of a tick.
    package static let seconds: Int64 = 15
    /// Nanoseconds of a tick.
    package static let nanoseconds = seconds * 1_000_000_000

    /// One pair of workloads.
    package struct Series: Sendable {
        package var pair: WorkloadPair
        package var amounts = Amounts()
        /// Whether an exporter of this traffic was away in the tick, so that the amounts say less than what flowed; no sample then.
        package var isMissing = false
        /// Whether the sampling rate of an exporter of this traffic changed within the last window: no judgement then.
        package var isUnsteady = false
        /// The exporter that has told of this traffic since the tick began; `.rest` where several have, nil where none has.
        package var exporter: ExporterNumber?

        package init(pair: WorkloadPair, amounts: Amounts = Amounts(), isMissing: Bool = false, isUnsteady: Bool = false) {
            self.pair = pair
            self.amounts = amounts
            self.isMissing = isMissing
            self.isUnsteady = isUnsteady
        }
    }

    /// Traffic of one kind between two workloads: towards a port of the destination.
    package struct Edge: Hashable, Sendable {
        package var pair: WorkloadPair
        /// IP protocol number.
        package var protocolNumber: UInt8
        /// The service's port; 0 where the protocol has none, or where both are ephemeral.
        package var port: UInt16

        package init(pair: WorkloadPair, protocolNumber: UInt8, port: UInt16) {
            self.pair = pair
            self.protocolNumber = protocolNumber
            self.port = port
        }
    }

    /// An edge with traffic in the tick; requests and answers are one, in the direction of the request.
    package struct SeenEdge: Sendable {
        package var edge: Edge
        package var bytes: Int64
        package var packets: Int64
        /// One of the flows.
        package var example: KeptFlow

        package init(edge: Edge, bytes: Int64, packets: Int64, example: KeptFlow) {
            self.edge = edge
            self.bytes = bytes
            self.packets = packets
            self.example = example
        }
    }

    /// One source of connections, over the window that ends with the tick. Of unsampled exporters only.
    package struct FanOut: Sendable {
        package var source: EndpointNumber
        package var workload: WorkloadNumber
        /// Distinct destination addresses in the window, estimated; and those not reached in the day before.
        package var destinations: Double
        package var newDestinations: Double
        /// Distinct destination addresses with port in the window, estimated; and those not reached in the day before.
        package var ports: Double
        package var newPorts: Double
        /// Connections in the window, and how many of them got no answer or were reset.
        package var connections: Int64
        package var failures: Int64
        /// Examples of where it went, a few.
        package var examples: [KeptFlow]
        /// For how many ticks it is known where it went: what came before is taken for new.
        package var knownTicks = Int64.max

        package init(
            source: EndpointNumber, workload: WorkloadNumber, destinations: Double, newDestinations: Double, ports: Double, newPorts: Double,
            connections: Int64, failures: Int64, examples: [KeptFlow]
        ) {
            self.source = source
            self.workload = workload
            self.destinations = destinations
            self.newDestinations = newDestinations
            self.ports = ports
            self.newPorts = newPorts
            self.connections = connections
            self.failures = failures
            self.examples = examples
        }
    }

    /// One direction of an interface, by its exporter's own counters, as far as they came within the tick.
    package struct Interface: Sendable {
        package var exporter: String
        package var node: String
        package var interface: String
        /// `in` or `out`.
        package var direction: String
        package var octets: UInt64
        package var packets: UInt64
        package var discards: UInt64
        package var errors: UInt64
        /// Over how long, nanoseconds: from the last sample to this one.
        package var duration: Int64
        /// Nominal speed, bit/s; 0 where it has none (virtual ports), or none is told.
        package var speed: UInt64

        package init(
            exporter: String, node: String, interface: String, direction: String, octets: UInt64, packets: UInt64, discards: UInt64, errors: UInt64,
            duration: Int64, speed: UInt64
        ) {
            self.exporter = exporter
            self.node = node
            self.interface = interface
            self.direction = direction
            self.octets = octets
            self.packets = packets
            self.discards = discards
            self.errors = errors
            self.duration = duration
            self.speed = speed
        }
    }

    /// Packets on their way between two nodes, of minutes that were closed since the last tick.
    package struct NodePair: Sendable {
        package var source: String
        package var destination: String
        package var sent: UInt64
        package var received: UInt64

        package init(source: String, destination: String, sent: UInt64, received: UInt64) {
            self.source = source
            self.destination = destination
            self.sent = sent
            self.received = received
        }
    }

    /// How an exporter does, as the tick is judged.
    package struct Exporter: Sendable {
        package var name: String
        package var address: String
        package var node: String
        package var protocols: [String]
        /// Since it last sent anything, nanoseconds.
        package var silence: Int64
        /// Units missing in its sequence since the last tick, and units that came.
        package var lost: UInt64
        package var received: UInt64
        /// Data sets without a template since the last tick.
        package var missingTemplates: UInt64
        /// Records counted at a guessed rate since the last tick.
        package var unknownSampling: UInt64
        /// By how much its clock is ahead, seconds; nil where it can't be told.
        package var clockOffset: Double?
        /// Whether it samples.
        package var isSampled: Bool
        /// Its measured or announced active timeout, seconds; nil where it has none.
        package var activeTimeout: UInt32?
        /// Whether it is still to be expected; not where its node has left the cluster.
        package var isExpected = true

        package init(
            name: String, address: String, node: String, protocols: [String], silence: Int64, lost: UInt64, received: UInt64,
            missingTemplates: UInt64,
            unknownSampling: UInt64, clockOffset: Double?, isSampled: Bool, activeTimeout: UInt32?
        ) {
            self.name = name
            self.address = address
            self.node = node
            self.protocols = protocols
            self.silence = silence
            self.lost = lost
            self.received = received
            self.missingTemplates = missingTemplates
            self.unknownSampling = unknownSampling
            self.clockOffset = clockOffset
            self.isSampled = isSampled
            self.activeTimeout = activeTimeout
        }
    }

    /// What the exporters at hand tell of at all, since the start: rules need it to say what they can detect.
    package struct Signals: OptionSet, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Flows of pods, from an exporter that does not sample.
        package static let unsampledFlows = Signals(rawValue: 1 << 0)
        /// TCP flags in records of unsampled exporters.
        package static let tcpFlags = Signals(rawValue: 1 << 1)
        /// Drops in flow records or discarded-packet samples.
        package static let flowDrops = Signals(rawValue: 1 << 2)
        /// Counters of physical interfaces, with their speed.
        package static let interfaceSpeeds = Signals(rawValue: 1 << 3)
        /// Discards and errors of interfaces.
        package static let interfaceDiscards = Signals(rawValue: 1 << 4)
        /// Flows with the IP header's ECN field (any type of service other than 0 has been seen).
        package static let ecn = Signals(rawValue: 1 << 5)
        /// Node pairs seen at both ends.
        package static let nodeLoss = Signals(rawValue: 1 << 6)
        /// Any flows at all.
        package static let flows = Signals(rawValue: 1 << 7)
    }

    /// Since 1970, in ticks: `number * 15` is its start in seconds.
    package var number: Int64
    /// The workloads, by number: all that the tick names, and more.
    package var workloads: [WorkloadName]
    /// Grows when numbers of workloads that are gone may stand for others: what is kept by number is of no use then.
    package var generation = 0
    /// The value of the `app` label of each workload, where `metrics.labels` has it; else empty.
    package var apps: [String] = []
    /// Pairs with traffic within the last hour, those of this tick among them.
    package var series: [Series] = []
    package var edges: [SeenEdge] = []
    package var fanOuts: [FanOut] = []
    package var interfaces: [Interface] = []
    package var nodePairs: [NodePair] = []
    package var exporters: [Exporter] = []
    /// The nodes of the exporters that series name, where they are on one.
    package var nodes: [ExporterNumber: String] = [:]
    package var signals: Signals = []
    /// Whether it is the newest of those that were closed together: edges, reach, exporters, interfaces and node pairs are told with that one only.
    package var isNewest = true
    /// Whether any exporter was away lately: a series that has had no traffic for an hour then has no sample, rather than 0.
    package var anyExporterAway = false

    package init(number: Int64, workloads: [WorkloadName]) {
        self.number = number
        self.workloads = workloads
    }

    /// When it began.
    package var start: Timestamp { Timestamp(seconds: number * Self.seconds) }
    /// When it ended.
    package var end: Timestamp { Timestamp(seconds: (number + 1) * Self.seconds) }
}
