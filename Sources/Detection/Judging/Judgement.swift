/// What a detector made of simulated series: counted as `shared/detection/README.md` says.
package struct Judgement: Sendable {
    /// Openings outside of every event and the hour behind its start.
    package var falseAlarms = 0
    /// As many that are later than an event's start by an hour, but no later than its end by five minutes: of long shifts' ends, mostly.
    package var atEnds = 0
    package var events = 0
    /// Events in which an alert opened.
    package var hits = 0
    /// Of each hit, how many ticks after the event's start.
    package var delays: [Int] = []
    /// Days of series that were judged.
    package var days = 0.0
    /// Events and hits by kind.
    package var byKind: [FlowSimulation.Event.Kind: (events: Int, hits: Int)] = [:]

    package init() {}

    package var falseAlarmsPerDay: Double { days > 0 ? Double(falseAlarms) / days : 0 }
    /// Of the milder count, which pardons what opens while an event is on.
    package var mildFalseAlarmsPerDay: Double { days > 0 ? Double(falseAlarms - atEnds) / days : 0 }
    package var recall: Double { events > 0 ? Double(hits) / Double(events) : 0 }

    /// After an event's start, so many ticks in which an opening is none of a false alarm's.
    static let pardon = 240
    /// After an event's end, so many ticks in which an opening belongs to it by the milder count.
    static let farewell = 20
    /// After an event's end, so many ticks in which an opening is still a hit.
    static let lateness = 4

    /// Adds a series, where an alert opened at these ticks.
    package mutating func add(
        _ series: FlowSimulation.Series, openings: [Int], from first: Int = FlowSimulation.cleanDays * FlowSimulation.ticksPerDay
    ) {
        days += Double(series.values.count - first) / Double(FlowSimulation.ticksPerDay)
        let openings = openings.filter { $0 >= first }
        falseAlarms += openings.count { opening in
            !series.events.contains { $0.range.lowerBound..<$0.range.lowerBound + Self.pardon ~= opening }
        }
        atEnds += openings.count { opening in
            !series.events.contains { $0.range.lowerBound..<$0.range.lowerBound + Self.pardon ~= opening }
                && series.events.contains { $0.range.lowerBound..<$0.range.upperBound + Self.farewell ~= opening }
        }
        for event in series.events {
            let hit = openings.first { event.range.lowerBound..<event.range.upperBound + Self.lateness ~= $0 }
            events += 1
            byKind[event.kind, default: (0, 0)].events += 1
            guard let hit else { continue }
            hits += 1
            byKind[event.kind, default: (0, 0)].hits += 1
            delays.append(hit - event.range.lowerBound)
        }
    }

    /// Adds up.
    package mutating func add(_ other: Judgement) {
        falseAlarms += other.falseAlarms
        atEnds += other.atEnds
        events += other.events
        hits += other.hits
        delays += other.delays
        days += other.days
        for (kind, counts) in other.byKind {
            byKind[kind, default: (0, 0)].events += counts.events
            byKind[kind, default: (0, 0)].hits += counts.hits
        }
    }

    /// Share of the events of these kinds that were found.
    package func recall(of kinds: Set<FlowSimulation.Event.Kind>) -> Double {
        let counts = byKind.filter { kinds.contains($0.key) }.values
        let events = counts.reduce(0) { $0 + $1.events }
        return events > 0 ? Double(counts.reduce(0) { $0 + $1.hits }) / Double(events) : 0
    }

    /// The delay, in ticks, that a share of the hits has at most.
    package func delay(_ share: Double) -> Int {
        let sorted = delays.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}

extension Set<FlowSimulation.Event.Kind> {
    package static var fiveAndTenfold: Self { [.shortTimes5, .shortTimes10, .sustainedTimes5, .sustainedTimes10] }
    package static var tenfold: Self { [.shortTimes10, .sustainedTimes10] }
}
