import Foundation

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
    }

    /// One series; `number` in 0..<20 for those of the benchmark, any other for more of them.
    package static func series(
        _ archetype: Archetype, _ number: Int, seed base: UInt64, days: Int = Self.days, injection kind: Injection = .usual
    ) -> Series {
        let seed = base &* 1000 &+ 100 &* UInt64(archetype.rawValue) &+ UInt64(number)
        var source = SeriesSource(archetype, seed: seed)
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
        let events = injection.inject(into: &values, references, from: kind == .young ? ticksPerDay / 24 : cleanDays * ticksPerDay)
        return Series(archetype: archetype, values: values, events: events)
    }
}

/// SplitMix64, and the draws that the simulation is made of.
struct SimulationRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// In 0..<1, never 0.
    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return (Double(mixed >> 11) + 0.5) * 0x1p-53
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Uniform in its logarithm.
    mutating func logUniform(_ low: Double, _ high: Double) -> Double { low * exp(uniform() * log(high / low)) }

    mutating func integer(below count: Double) -> Int { Int(uniform() * count) }

    mutating func gaussian() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    mutating func poisson(_ mean: Double) -> Double {
        guard mean > 0 else { return 0 }
        guard mean < 30 else { return max(0, (mean + mean.squareRoot() * gaussian() + 0.5).rounded(.down)) }
        let limit = exp(-mean)
        var count = 0.0
        var product = uniform()
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
}

/// One series, tick by tick, before anything is put into it.
private struct SeriesSource {
    private struct Job {
        var period: Int
        var offset: Int
        var duration: Int
        var amplitude: Double
        var left = 0
        var current = 0.0
    }

    private let archetype: FlowSimulation.Archetype
    private var random: SimulationRandom
    private let level: Double
    private var swing = 0.0
    private var phase = 0.0
    private var weekend = 1.0
    private var probability = 0.0
    private var jobs: [Job] = []
    private let noise: Double
    private let drift: Double

    private var wander = 0.0
    private var shift = 1.0
    private var burst = (left: 0, amplitude: 0.0)
    private var gap = 0
    private var dip = 0

    init(_ archetype: FlowSimulation.Archetype, seed: UInt64) {
        self.archetype = archetype
        var random = SimulationRandom(seed: seed)
        switch archetype {
        case .diurnal, .shifting:
            level = random.logUniform(50, 5000)
            swing = random.uniform(0.3, 0.8)
            phase = random.uniform()
            weekend = random.uniform(0.4, 1)
            (noise, drift) = (0.1, 0.1)
        case .flat:
            level = random.logUniform(10, 1000)
            (noise, drift) = (0.3, 0.05)
        case .bursty:
            level = random.logUniform(5, 100)
            (noise, drift) = (0.2, 0.1)
        case .cron:
            level = random.logUniform(5, 100)
            (noise, drift) = (0.2, 0.05)
            for _ in 0..<1 + random.integer(below: 3) {
                let period = [20, 60, 240, 1440, 5760][random.integer(below: 5)]
                let offset = random.integer(below: Double(period))
                let duration = 1 + random.integer(below: min(20, Double(period) / 3))
                jobs.append(Job(period: period, offset: offset, duration: duration, amplitude: level * random.uniform(3, 30)))
            }
        case .sparse:
            level = random.logUniform(1, 50)
            probability = random.logUniform(0.002, 0.1)
            (noise, drift) = (0, 0)
        }
        self.random = random
    }

    /// The value of a tick, and what was expected of it.
    mutating func next(_ tick: Int) -> (value: Double?, mean: Double) {
        let perDay = FlowSimulation.ticksPerDay
        wander = 0.99 * wander + drift * (1 - 0.99 * 0.99).squareRoot() * random.gaussian()
        var mean = level
        if archetype == .diurnal || archetype == .shifting {
            let time = Double(tick % perDay) / Double(perDay)
            mean *= 1 + swing * sin(2 * .pi * (time - phase))
            if (tick / perDay) % 7 >= 5 { mean *= weekend }
        }
        if archetype == .shifting {
            if random.uniform() < 1 / Double(4 * perDay) { shift *= exp(0.25 * random.gaussian()) }
            mean *= shift
        }
        var value: Double
        if archetype == .sparse {
            value = random.uniform() < probability ? max(1, (level * exp(random.gaussian()) + 0.5).rounded(.down)) : 0
        } else {
            value = random.poisson(mean * exp(wander + noise * random.gaussian() - noise * noise / 2 - drift * drift / 2))
        }
        if archetype == .bursty { value += nextBurst() }
        for index in jobs.indices { value += nextRun(of: index, tick) }
        return (restarted(value), mean)
    }

    private mutating func nextBurst() -> Double {
        if burst.left == 0, random.uniform() < 1.0 / 120 {
            burst.left = 1
            while random.uniform() > 0.25 { burst.left += 1 }
            burst.amplitude = level * min(200, pow(random.uniform(), -1 / 1.5))
        }
        guard burst.left > 0 else { return 0 }
        burst.left -= 1
        return random.poisson(burst.amplitude)
    }

    private mutating func nextRun(of index: Int, _ tick: Int) -> Double {
        if (tick - jobs[index].offset) % jobs[index].period == 0 {
            jobs[index].left = jobs[index].duration
            jobs[index].current = jobs[index].amplitude * exp(0.3 * random.gaussian())
        }
        guard jobs[index].left > 0 else { return 0 }
        jobs[index].left -= 1
        return random.poisson(jobs[index].current)
    }

    private mutating func restarted(_ value: Double) -> Double? {
        if gap == 0, random.uniform() < 1 / Double(2 * FlowSimulation.ticksPerDay) {
            gap = 2 + random.integer(below: 7)
            dip = 20
        }
        if gap > 0 {
            gap -= 1
            return nil
        }
        guard dip > 0 else { return value }
        defer { dip -= 1 }
        return (value * (1 - 0.5 * Double(dip) / 20)).rounded(.down)
    }
}

/// Puts events into a series.
private struct EventInjection {
    private let archetype: FlowSimulation.Archetype
    private var random: SimulationRandom

    init(_ archetype: FlowSimulation.Archetype, seed: UInt64) {
        self.archetype = archetype
        random = SimulationRandom(seed: seed)
    }

    mutating func inject(into values: inout [Double?], _ means: [Double], from first: Int) -> [FlowSimulation.Event] {
        let clean = values.prefix(FlowSimulation.cleanDays * FlowSimulation.ticksPerDay).compactMap(\.self).sorted()
        func percentile(_ share: Double) -> Double { clean[min(clean.count - 1, Int(share * Double(clean.count)))] }
        let usual: Double? =
            switch archetype {
            case .diurnal, .flat, .shifting: nil
            case .bursty, .cron: max(percentile(0.99), 1)
            case .sparse: max(percentile(0.999), 5)
            }
        var events: [FlowSimulation.Event] = []
        var tick = first + random.integer(below: Double(FlowSimulation.ticksPerDay))
        while true {
            let number = random.integer(below: archetype.isRegular ? 10 : 6)
            guard let kind = FlowSimulation.Event.Kind(rawValue: number) else { break }
            let end = tick + kind.duration
            guard end <= values.count else { break }
            for tick in tick..<end {
                guard let value = values[tick] else { continue }
                if let times = kind.added {
                    values[tick] = value + random.poisson((times - 1) * (usual ?? means[tick]))
                } else {
                    values[tick] = (value * kind.factor).rounded(.down)
                }
            }
            events.append(FlowSimulation.Event(kind: kind, range: tick..<end))
            tick = end + 960 + Int(-log(random.uniform()) * Double(FlowSimulation.ticksPerDay))
        }
        return events
    }
}

extension FlowSimulation.Event.Kind {
    var duration: Int {
        switch self {
        case .shortTimes3, .shortTimes5, .shortTimes10: 4
        case .sustainedTimes3, .sustainedTimes5, .sustainedTimes10: 40
        case .shortSilence: 20
        case .longSilence: 120
        case .levelTimes3, .levelTimes0_3: 960
        }
    }

    /// Of a spike, how many times as high.
    package var added: Double? {
        switch self {
        case .shortTimes3, .sustainedTimes3: 3
        case .shortTimes5, .sustainedTimes5: 5
        case .shortTimes10, .sustainedTimes10: 10
        default: nil
        }
    }

    var factor: Double {
        switch self {
        case .levelTimes3: 3
        case .levelTimes0_3: 0.3
        default: 0
        }
    }
}
