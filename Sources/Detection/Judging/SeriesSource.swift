import FlowModel
import Foundation

/// One series, tick by tick, before anything is put into it.
struct SeriesSource {
    private struct Job {
        var period: Int
        var offset: Int
        var duration: Int
        var amplitude: Double
        var left = 0
        var current = 0.0
    }

    private let archetype: FlowSimulation.Archetype
    private let calendar: FlowSimulation.Calendar
    private var random: SplitMix64
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

    init(_ archetype: FlowSimulation.Archetype, seed: UInt64, calendar: FlowSimulation.Calendar) {
        self.archetype = archetype
        self.calendar = calendar
        var random = SplitMix64(seed: seed)
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
            let place = calendar.place(of: tick)
            let time = Double(place.tick) / Double(perDay)
            mean *= 1 + swing * sin(2 * .pi * (time - phase))
            if place.day % 7 >= 5 { mean *= weekend }
        }
        if archetype == .shifting {
            if random.uniform() < 1 / Double(4 * perDay) { shift *= exp(0.25 * random.gaussian()) }
            mean *= shift
        }
        var value: Double
        if archetype == .sparse {
            value = random.uniform() < probability ? max(1, (level * exp(random.gaussian()) + 0.5).rounded(.down)) : 0
        } else {
            value = Double(random.poisson(mean * exp(wander + noise * random.gaussian() - noise * noise / 2 - drift * drift / 2)))
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
        return Double(random.poisson(burst.amplitude))
    }

    private mutating func nextRun(of index: Int, _ tick: Int) -> Double {
        if (tick - jobs[index].offset) % jobs[index].period == 0 {
            jobs[index].left = jobs[index].duration
            jobs[index].current = jobs[index].amplitude * exp(0.3 * random.gaussian())
        }
        guard jobs[index].left > 0 else { return 0 }
        jobs[index].left -= 1
        return Double(random.poisson(jobs[index].current))
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
