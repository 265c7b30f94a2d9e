/// "K8sFlowSim v1": fourteen days of made-up series with known events, on which detectors are judged (`shared/detection/README.md`).
package struct FlowSimulation: Sendable {
    /// The kinds of series.
    package enum Archetype: Int, CaseIterable, Sendable {
        case diurnal, flat, bursty, cron, sparse, shifting

        /// Whether it goes by the day, or by nothing.
        package var isRegular: Bool { self == .diurnal || self == .flat || self == .shifting }
    }

    /// What was put into a series.
    package struct Event: Sendable, Equatable {
        package enum Kind: Int, CaseIterable, Sendable {
            case shortTimes3, shortTimes5, shortTimes10, sustainedTimes3, sustainedTimes5, sustainedTimes10
            case shortSilence, longSilence, levelTimes3, levelTimes0_3
        }

        package var kind: Kind
        /// Ticks.
        package var range: Range<Int>
    }

    /// A series of 15-second ticks; day 0 is a Monday.
    package struct Series: Sendable {
        package var archetype: Archetype
        /// nil: no sample.
        package var values: [Double?]
        package var events: [Event]
    }

    package static let ticksPerDay = 5760
    package static let days = 14
    /// Nothing is put into the first days, and nothing in them is judged.
    package static let cleanDays = 3
    package static let seriesPerArchetype = 20

    /// What is put into a series.
    package enum Injection: Sendable, Equatable {
        /// Events of all kinds after the clean days.
        case usual
        /// The same events, from the first hour on.
        case young
        /// Nothing.
        case none
        /// Five times as much for ten minutes on the eighth day, an hour to a day after fifty times as much, or after nothing.
        case masked(Bool)
    }

    /// What becomes of the days of a series that goes by them.
    package enum Calendar: Sendable, Equatable {
        case usual
        /// From a day on everything happens an hour earlier.
        case clockChange(day: Int)
        /// A day is like a Sunday.
        case holiday(day: Int)

        /// The day, and the tick in it, that a tick is like.
        func place(of tick: Int) -> (day: Int, tick: Int) {
            let perDay = FlowSimulation.ticksPerDay
            switch self {
            case .clockChange(let day) where tick / perDay >= day:
                let moved = tick + perDay / 24
                return (moved / perDay, moved % perDay)
            case .holiday(let day) where tick / perDay == day: return (6, tick % perDay)
            default: return (tick / perDay, tick % perDay)
            }
        }
    }

    /// One series; `number` in 0..<20 for those of the benchmark, any other for more of them.
    package static func series(
        _ archetype: Archetype, _ number: Int, seed base: UInt64, days: Int = Self.days, injection kind: Injection = .usual,
        calendar: Calendar = .usual
    ) -> Series {
        let seed = base &* 1000 &+ 100 &* UInt64(archetype.rawValue) &+ UInt64(number)
        var source = SeriesSource(archetype, seed: seed, calendar: calendar)
        var values: [Double?] = []
        var references: [Double] = []
        values.reserveCapacity(days * ticksPerDay)
        references.reserveCapacity(days * ticksPerDay)
        for tick in 0..<days * ticksPerDay {
            let (value, mean) = source.next(tick)
            values.append(value)
            references.append(mean)
        }
        guard kind != .none else { return Series(archetype: archetype, values: values, events: []) }
        var injection = EventInjection(archetype, seed: seed ^ 0xABCDEF)
        let events =
            switch kind {
            case .masked(let isMasked): injection.mask(&values, references, isMasked: isMasked)
            case .young: injection.inject(into: &values, references, from: ticksPerDay / 24)
            default: injection.inject(into: &values, references, from: cleanDays * ticksPerDay)
            }
        return Series(archetype: archetype, values: values, events: events)
    }
}
