/// What a detector made of simulated series: counted as `shared/detection/README.md` says.
package struct Judgement: Sendable {
    /// Openings outside of every event and the hour behind its start.
    package var falseAlarms = 0
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
    package var recall: Double { events > 0 ? Double(hits) / Double(events) : 0 }

    /// After an event's start, so many ticks in which an opening is none of a false alarm's.
    static let pardon = 240
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
        events += other.events
        hits += other.hits
        delays += other.delays
        days += other.days
        for (kind, counts) in other.byKind {
            byKind[kind, default: (0, 0)].events += counts.events
            byKind[kind, default: (0, 0)].hits += counts.hits
        }
    }
}

/// Opens at a score of `threshold` in so many ticks in a row, and closes after `keep` ticks in a row below half of it.
package struct AlertGate: Sendable {
    package var threshold: Double
    package var ticksToOpen: UInt8
    package var ticksToClose: UInt8
    private var above: UInt8 = 0
    private var below: UInt8 = 0
    /// Whether it is open.
    package private(set) var isOpen = false

    package init(threshold: Double = 1, ticksToOpen: UInt8 = 1, ticksToClose: UInt8 = 20) {
        self.threshold = threshold
        self.ticksToOpen = ticksToOpen
        self.ticksToClose = ticksToClose
    }

    /// Takes the score of a tick; whether it opened with it.
    package mutating func take(_ score: Double) -> Bool {
        if isOpen {
            below = score < threshold / 2 ? below + 1 : 0
            if below >= ticksToClose { (isOpen, above) = (false, 0) }
            return false
        }
        above = score >= threshold ? above + 1 : 0
        guard above >= ticksToOpen else { return false }
        (isOpen, below) = (true, 0)
        return true
    }
}
