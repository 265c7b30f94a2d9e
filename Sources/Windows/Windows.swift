import FlowModel
import Identity

/// The recent past by time: what flowed between which workloads in which tick, which edges there are, where sources went, which pods and ports made it.
///
/// Flow records arrive late and in lumps: an exporter with an active timeout of a minute tells of a minute at once. So a flow's amounts are booked into the ticks in
/// which it flowed, and a tick is closed only when the exporters have had the time to tell of it.
package struct Windows: Sendable {
    /// Bounds.
    package struct Limits: Sendable, Equatable {
        /// Ticks that may be open: how late a flow may be told of and still be booked when it flowed.
        package var openTicks = 40
        /// Pairs of workloads.
        package var series = 20_000
        /// Pairs of pods, for evidence.
        package var pairs = 100_000
        /// Workloads; a new one beyond is judged as the rest of its namespace.
        package var workloads = 1 << 18

        package init() {}
    }

    /// What was not kept, all of it growing.
    package struct Tallies: Sendable, Equatable {
        /// Bytes of ticks that were closed: they went to the oldest open one.
        package var lateBytes: UInt64 = 0
        /// Flows of pairs of workloads there was no room for, or that the shards had no room for: they are not judged.
        package var refusedFlows: UInt64 = 0
        /// Pairs of pods there was no room for: they are judged, but not shown as evidence.
        package var refusedPairs: UInt64 = 0
        /// Edges there was no room for.
        package var refusedEdges: UInt64 = 0
        /// Sources of connections there was no room for.
        package var refusedSources: UInt64 = 0
        /// Endpoints of workloads there was no room for: they are judged as the rest of their namespace.
        package var refusedWorkloads: UInt64 = 0

        package init() {}
    }

    /// An hour.
    private static let memory: Int64 = 240
    /// A series whose exporter's sampling rate changed is left alone for so many ticks.
    private static let unsteadyTicks: Int64 = 40
    private static let exportersOfSeries = 6

    /// An exporter of a series, and the rates of its samplers: the last two.
    private struct Report: Sendable {
        var exporter: ExporterNumber
        var samplingRate: UInt32
        var otherRate: UInt32 = 0
        var seen: Int64
    }

    /// Who told of a series last.
    private struct Told: Sendable, Equatable {
        var exporter: ExporterNumber
        var samplingRate: UInt32
        var tick: Int64
    }

    private struct Series: Sendable {
        var pair: WorkloadPair
        var told: Told?
        var seen: Int64
        var reports: [Report] = []
        var unsteadyUntil: Int64 = 0
        /// Bytes that came too late for their tick, and are in the oldest open one.
        var lateBytes: Int64 = 0
        var isInUse = true
    }

    let limits: Limits
    private let seed: UInt64
    var workloads: WorkloadTable
    var podPairs: PodPairs
    var edges = EdgeTable()
    var fanOuts: FanOutTable
    var dropReasons = DropReasons()
    var presence = ExporterPresence()
    private var cells: TickCells
    private var series: [Series] = []
    private var freeSeries: [Int] = []
    private var index: [WorkloadPair: Int] = [:]
    private(set) var signals: ClosedTick.Signals = []
    private var order = BookingOrder()
    /// One more whenever a place of a series or of a talk may stand for another one.
    private var generation: UInt64 = 0
    private var reviewed: Int64
    /// The hour in which numbers of workloads were given back last.
    private var reclaimed: Int64 = -1
    /// The first tick that is whole: of the one in which it started a part is missing.
    private var firstWhole: Int64
    package private(set) var tallies = Tallies()

    /// - Parameters:
    ///   - appPlace: where the label `app` stands among those of an end; nil where it is not exposed.
    ///   - start: when it begins, by the time of its flows.
    ///   - wholeSince: since when all that flowed is told of; nil: since `start`.
    package init(limits: Limits = Limits(), appPlace: Int? = nil, seed: UInt64, start: Timestamp, wholeSince: Timestamp? = nil) {
        self.limits = limits
        self.seed = seed
        workloads = WorkloadTable(limit: limits.workloads, appPlace: appPlace)
        podPairs = PodPairs(limit: limits.pairs, seed: seed)
        fanOuts = FanOutTable(seed: seed)
        let tick = Self.tick(of: start)
        cells = TickCells(openTicks: limits.openTicks + 2, oldest: max(0, tick - Int64(limits.openTicks)))
        firstWhole = wholeSince.map { Self.tick(of: $0) } ?? tick + 1
        reviewed = tick
    }

    /// The tick that a moment lies in.
    package static func tick(of time: Timestamp) -> Int64 {
        max(0, time.nanoseconds / ClosedTick.nanoseconds)
    }

    static func minute(of time: Timestamp) -> Int64 {
        max(0, time.nanoseconds / 60_000_000_000)
    }

    // MARK: Booking

    /// Books what a receive thread has kept since the last time.
    package mutating func book(_ buffer: inout BookingBuffer, _ registry: EndpointRegistry, _ identity: IdentitySnapshot, now: Timestamp) {
        tallies.refusedFlows &+= buffer.refused
        let tick = Self.tick(of: now)
        for delays in buffer.delays where delays.exporter != .rest {
            presence.heard(delays.exporter, tick: tick)
            presence.note(delays)
        }
        buffer.hold(generation)
        let oldest = buffer.oldest ?? 0
        // Pair by pair, so that what is kept of one is fetched from memory once for all its flows.
        for index in order.sort(buffer.touched, of: buffer.firsts) { book(Int(index), of: &buffer, from: oldest, registry, identity, tick: tick) }
        for booking in buffer.single { book(booking, registry, identity, tick: tick) }
    }

    /// Books what flows of a kind add up to, since the buffer's oldest tick.
    private mutating func book(
        _ index: Int, of buffer: inout BookingBuffer, from oldest: Int64, _ registry: EndpointRegistry, _ identity: IdentitySnapshot, tick: Int64
    ) {
        let known = buffer.talks[index] < 0 ? nil : Int(buffer.talks[index])
        let knownPair = known.map { Int(podPairs.talks[$0].pair) } ?? podPairs.find(buffer.firsts[index].pair)
        let sum = buffer.sums[index].sum
        guard let (place, pair) = place(of: buffer.firsts[index], knownPair, count: sum.records, registry, identity, tick: tick) else { return }
        note(late: cells.book(buffer.sums[index], of: buffer.firsts[index], from: oldest, series: place), in: place)
        let minute = (oldest + Int64(buffer.sums[index].extent?.upperBound ?? 0)) * ClosedTick.seconds / 60
        let talk = noteTalk(buffer.firsts[index], sum, of: pair, known, in: series[place].pair, identity, minute: minute, tick: tick)
        // What may be told apart later is looked at again.
        if let talk, podPairs.talks[talk].port != 0 { buffer.talks[index] = Int32(talk) }
    }

    /// Books a flow by itself.
    private mutating func book(_ booking: Booking, _ registry: EndpointRegistry, _ identity: IdentitySnapshot, tick: Int64) {
        guard let (place, pair) = place(of: booking, podPairs.find(booking.pair), count: 1, registry, identity, tick: tick) else { return }
        let amounts = booking.amounts
        note(late: cells.book(amounts, series: place, end: booking.end.nanoseconds, duration: Int64(booking.duration) * 1_000_000), in: place)
        let minute = Self.minute(of: booking.end)
        if booking.droppedPackets > 0 { dropReasons.note(booking.droppedPackets, booking.dropReason, of: series[place].pair, minute: minute) }
        guard !booking.facts.contains(.isDiscard) else { return }
        let volume = Volume(bytes: amounts.bytes, packets: amounts.packets, records: 1)
        _ = noteTalk(booking, volume, of: pair, nil, in: series[place].pair, identity, minute: minute, tick: tick)
    }

    /// The series that flows of a kind count in, and their pair's place, where there is room for that; nil where there is no room for the series.
    ///
    /// - Parameters:
    ///   - known: the pair's place, where it has one.
    ///   - count: flows of that kind.
    private mutating func place(
        of booking: Booking, _ known: Int?, count: Int64, _ registry: EndpointRegistry, _ identity: IdentitySnapshot, tick: Int64
    ) -> (series: Int, pair: Int?)? {
        note(booking)
        guard let place = known.map({ Int(podPairs.pairs[$0].series) }) ?? series(of: booking, registry, identity, tick: tick) else {
            tallies.refusedFlows &+= UInt64(count)
            return nil
        }
        series[place].seen = tick
        noteReport(booking, in: place, tick: tick)
        if booking.facts.contains(.isDiscard) { return (place, nil) }
        let pair = known ?? podPairs.add(booking.pair, series: place, tick: tick)
        if pair == nil { tallies.refusedPairs &+= UInt64(count) }
        return (place, pair)
    }

    private mutating func note(late: Int64, in place: Int) {
        guard late > 0 else { return }
        tallies.lateBytes &+= UInt64(late)
        series[place].lateBytes &+= late
    }

    private mutating func note(_ booking: Booking) {
        signals.insert(.flows)
        if booking.facts.contains(.isUnsampled) { signals.insert(.unsampledFlows) }
        if booking.facts.contains(.isUnsampled), booking.facts.contains(.hasTCPFlags) { signals.insert(.tcpFlags) }
        if booking.droppedPackets > 0 || booking.facts.contains(.isDiscard) { signals.insert(.flowDrops) }
        if booking.typeOfService != 0 { signals.insert(.ecn) }
    }

    /// The series that a flow counts in; nil where there is no room for another one.
    private mutating func series(of booking: Booking, _ registry: EndpointRegistry, _ identity: IdentitySnapshot, tick: Int64) -> Int? {
        let pair = WorkloadPair(
            source: workloads.number(of: booking.pair.source, registry, identity),
            destination: workloads.number(of: booking.pair.destination, registry, identity))
        if let place = index[pair] { return place }
        let new = Series(pair: pair, seen: tick)
        let place: Int
        if let free = freeSeries.popLast() {
            place = free
            series[place] = new
        } else {
            guard series.count < limits.series else { return nil }
            place = series.count
            series.append(new)
            cells.addSeries()
        }
        index[pair] = place
        return place
    }

    /// Notes which exporter tells of a series, and at which rate.
    private mutating func noteReport(_ booking: borrowing Booking, in place: Int, tick: Int64) {
        let (exporter, rate) = (booking.exporter, booking.samplingRate)
        let told = Told(exporter: exporter, samplingRate: rate, tick: tick)
        if series[place].told == told { return }
        series[place].told = told
        for report in series[place].reports.indices where series[place].reports[report].exporter == exporter {
            series[place].reports[report].seen = tick
            // An exporter with two samplers has two rates; it is a change only where one of them is new.
            guard series[place].reports[report].samplingRate != rate, series[place].reports[report].otherRate != rate else { return }
            series[place].reports[report].otherRate = series[place].reports[report].samplingRate
            series[place].reports[report].samplingRate = rate
            series[place].unsteadyUntil = tick + Self.unsteadyTicks
            return
        }
        let report = Report(exporter: exporter, samplingRate: rate, seen: tick)
        if series[place].reports.count < Self.exportersOfSeries {
            series[place].reports.append(report)
        } else if let oldest = series[place].reports.indices.min(by: { series[place].reports[$0].seen < series[place].reports[$1].seen }) {
            series[place].reports[oldest] = report
        }
    }

    /// Adds flows of a kind to what their pods say at its port, to the edge of their workloads, and to where their source went; the talk that they are part of.
    ///
    /// - Parameter known: that talk, where it is known.
    private mutating func noteTalk(
        _ booking: Booking, _ volume: Volume, of pair: Int?, _ known: Int?, in workloads: WorkloadPair, _ identity: IdentitySnapshot, minute: Int64,
        tick: Int64
    ) -> Int? {
        guard let pair else {
            noteRest(booking, volume, workloads, identity, minute: minute, tick: tick)
            return nil
        }
        let talk: Int
        if let known = known ?? podPairs.knownTalk(of: pair, booking) {
            talk = known
        } else {
            guard let side = ServiceSide(booking, identity, workloads, edges) else { return nil }
            talk = podPairs.talk(of: pair, protocolNumber: booking.protocolNumber, port: side.port, isReply: side.isReply, minute: minute)
        }
        podPairs.add(volume, to: talk, of: pair, minute: minute, tick: tick)
        let (port, isReply, isRest) = (podPairs.talks[talk].port, podPairs.talks[talk].isReply, podPairs.talks[talk].isRest)
        if isRest {
            // Each port is an edge still, or the ninth one would be nobody's.
            noteRest(booking, volume, workloads, identity, minute: minute, tick: tick)
        } else {
            var row = Int(podPairs.talks[talk].edge)
            if row < 0 {
                row =
                    edges.row(
                        of: ClosedTick.Edge(pair: workloads.turned(isReply), protocolNumber: booking.protocolNumber, port: port), booking, tick: tick)
                    ?? -1
                podPairs.setEdge(row, of: talk)
            }
            if row >= 0 { edges.add(booking, volume, to: row, isReply: isReply, tick: tick) }
            noteFanOut(booking, connections: volume.records, of: workloads.source, isReply: isReply, minute: minute)
        }
        return talk
    }

    private mutating func noteRest(
        _ booking: Booking, _ volume: Volume, _ workloads: WorkloadPair, _ identity: IdentitySnapshot, minute: Int64, tick: Int64
    ) {
        guard let side = ServiceSide(booking, identity, workloads, edges) else { return }
        let edge = ClosedTick.Edge(pair: workloads.turned(side.isReply), protocolNumber: booking.protocolNumber, port: side.port)
        if let row = edges.row(of: edge, booking, tick: tick) { edges.add(booking, volume, to: row, isReply: side.isReply, tick: tick) }
        noteFanOut(booking, connections: volume.records, of: workloads.source, isReply: side.isReply, minute: minute)
    }

    private mutating func noteFanOut(_ booking: borrowing Booking, connections: Int64, of workload: WorkloadNumber, isReply: Bool, minute: Int64) {
        guard !isReply, booking.facts.contains(.isUnsampled), booking.pair.source.rawValue > EndpointNumber.other.rawValue else { return }
        fanOuts.note(booking, connections: connections, of: workload, minute: minute)
    }

    // MARK: Exporters

    /// Notes which exporters have been heard since the last time, whatever they sent.
    package mutating func heard(_ exporters: some Sequence<ExporterNumber>, now: Timestamp) {
        for exporter in exporters where exporter != .rest { presence.heard(exporter, tick: Self.tick(of: now)) }
    }

    /// Notes that much of what an exporter sent has been lost lately.
    package mutating func lost(_ exporter: ExporterNumber, now: Timestamp) {
        if exporter != .rest { presence.lost(exporter, tick: Self.tick(of: now)) }
    }

    /// Notes what else exporters tell of.
    package mutating func note(_ signals: ClosedTick.Signals) {
        self.signals.formUnion(signals)
    }

    /// Takes out what is said of endpoints that are gone: their numbers will stand for others.
    package mutating func forget(_ endpoints: Set<EndpointNumber>) {
        guard !endpoints.isEmpty else { return }
        workloads.forget(endpoints)
        fanOuts.forget(endpoints)
        let isChanged = podPairs.removeAll { pair in
            endpoints.contains(pair.ends.source) || endpoints.contains(pair.ends.destination)
        }
        if isChanged { generation += 1 }
    }

    // MARK: Closing

    /// How long after its end a tick is closed, nanoseconds.
    package func delay(now: Timestamp) -> Int64 {
        let ticks = min(presence.delay(at: Self.tick(of: now)) + 1, Int64(limits.openTicks))
        return ticks * ClosedTick.nanoseconds
    }

    /// Closes the ticks that nothing more is expected of, oldest first; those in which it wasn't there, or only for a part, are left out.
    ///
    /// - Parameter isLast: whether nothing more will come, so that all are closed that have ended.
    package mutating func close(_ registry: EndpointRegistry, _ identity: IdentitySnapshot, now: Timestamp, isLast: Bool = false) -> [ClosedTick] {
        let current = Self.tick(of: isLast ? now : now.advanced(by: -delay(now: now)))
        let tick = Self.tick(of: now)
        var closed: [ClosedTick] = []
        if tick < cells.oldest - 1 {
            restart(at: tick)
            return []
        }
        if current > cells.newest + Int64(limits.openTicks) {
            // A clock that was set forward: what was open is judged, and the time that was left out is not.
            let end = cells.newest + 1
            while cells.oldest <= end { if let tick = closeOldest() { closed.append(tick) } }
            restart(at: tick)
        } else {
            while cells.oldest < current { if let tick = closeOldest() { closed.append(tick) } }
        }
        guard !closed.isEmpty else { return [] }
        presence.fade(at: current)
        let last = closed.count - 1
        for place in closed.indices { closed[place].isNewest = place == last }
        closed[last].edges = edges.report()
        closed[last].fanOuts = fanOuts.report(minute: Self.minute(of: now))
        tallies.refusedEdges = edges.refused
        tallies.refusedSources = fanOuts.refused
        tallies.refusedWorkloads = workloads.refused
        review(registry, identity, at: Self.tick(of: now))
        return closed
    }

    /// Goes on at another time: the clock was set.
    private mutating func restart(at tick: Int64) {
        cells.restart(at: max(0, tick - Int64(limits.openTicks)))
        firstWhole = tick + 1
        generation += 1
        podPairs = PodPairs(limit: limits.pairs, seed: seed)
        edges = EdgeTable()
        fanOuts = FanOutTable(seed: seed)
        dropReasons = DropReasons()
        reviewed = tick
        for place in series.indices {
            series[place].seen = tick
            series[place].unsteadyUntil = 0
            series[place].reports = []
            series[place].told = nil
        }
    }

    private mutating func closeOldest() -> ClosedTick? {
        let number = cells.oldest
        guard number >= firstWhole else {
            cells.close()
            for place in series.indices { series[place].lateBytes = 0 }
            return nil
        }
        var tick = ClosedTick(number: number, workloads: workloads.names)
        tick.apps = workloads.apps
        tick.generation = workloads.generation
        tick.signals = signals
        tick.anyExporterAway = presence.anyAway(tick: number)
        tick.series.reserveCapacity(index.count)
        let slow = presence.slow(beyond: Int64(limits.openTicks))
        cells.close()
        for place in series.indices where series[place].isInUse {
            let amounts = cells.closed(place)
            // What came late makes a lump of the tick that it went to; what always comes late makes gaps, too.
            let isLumpy = series[place].lateBytes > 0 && series[place].lateBytes > amounts.bytes / 10
            let isSlow = !slow.isEmpty && series[place].reports.contains { slow.contains($0.exporter) }
            var closed = ClosedTick.Series(
                pair: series[place].pair, amounts: amounts, isMissing: isMissing(series[place], in: number),
                isUnsteady: number < series[place].unsteadyUntil || isLumpy || isSlow)
            for report in series[place].reports where report.seen >= number {
                closed.exporter = closed.exporter == nil ? report.exporter : .rest
            }
            tick.series.append(closed)
            series[place].lateBytes = 0
        }
        return tick
    }

    /// Whether an exporter that told of a series until it went away was away in a tick: for an hour, where others tell of it still.
    private func isMissing(_ series: Series, in tick: Int64) -> Bool {
        var areAllAway = !series.reports.isEmpty
        for report in series.reports {
            guard let (latest, wasAway) = presence.standing(of: report.exporter, tick: tick), wasAway else {
                areAllAway = false
                continue
            }
            // Of one that told of it no more when it went, nothing is missing.
            if tick - latest < Self.memory, latest - report.seen <= Self.unsteadyTicks { return true }
        }
        return areAllAway
    }

    /// Once a minute: looks for pods whose workload has become known, and for what the last hour did not see.
    private mutating func review(_ registry: EndpointRegistry, _ identity: IdentitySnapshot, at tick: Int64) {
        guard tick - reviewed >= 4 || tick < reviewed else { return }
        reviewed = tick
        // Before series go: what the ticks just closed name is asked for still.
        if workloads.isCrowded, tick / Self.memory != reclaimed {
            reclaimed = tick / Self.memory
            let pairs = Array(index.keys) + edges.pairs
            workloads.giveBack(except: Set(pairs.flatMap { [$0.source, $0.destination] } + fanOuts.workloads))
        }
        let changed = workloads.review(registry, identity)
        let oldest = tick - Self.memory
        for place in series.indices where series[place].isInUse && series[place].seen < oldest {
            series[place].isInUse = false
            index[series[place].pair] = nil
            cells.clear(place)
            freeSeries.append(place)
            generation += 1
        }
        let series = self.series
        let isChanged = podPairs.removeAll { pair in
            pair.seen < oldest || !series[Int(pair.series)].isInUse || changed.contains(pair.ends.source) || changed.contains(pair.ends.destination)
        }
        if isChanged { generation += 1 }
        if edges.forgetIdle(at: tick) { podPairs.forgetEdges() }
        dropReasons.fade(at: tick * ClosedTick.seconds / 60)
    }

    // MARK: Evidence

    /// The exporters that told of a series lately.
    func exporters(of pair: WorkloadPair) -> [ExporterNumber] {
        index[pair].map { series[$0].reports.map(\.exporter) } ?? []
    }

    /// The place of a series; nil where it is not known.
    func place(of pair: WorkloadPair) -> Int? { index[pair] }

    /// Pairs of workloads that are kept.
    package var seriesCount: Int { index.count }
}
