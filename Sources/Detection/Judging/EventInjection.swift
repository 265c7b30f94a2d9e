import FlowModel
import Foundation

/// Puts events into a series.
struct EventInjection {
    private let archetype: FlowSimulation.Archetype
    private var random: SplitMix64

    init(_ archetype: FlowSimulation.Archetype, seed: UInt64) {
        self.archetype = archetype
        random = SplitMix64(seed: seed)
    }

    mutating func inject(into values: inout [Double?], _ means: [Double], from first: Int) -> [FlowSimulation.Event] {
        let usual = usual(values)
        var events: [FlowSimulation.Event] = []
        var tick = first + random.integer(below: Double(FlowSimulation.ticksPerDay))
        while true {
            let number = random.integer(below: archetype.isRegular ? 10 : 6)
            guard let kind = FlowSimulation.Event.Kind(rawValue: number) else { break }
            let end = tick + kind.duration
            guard end <= values.count else { break }
            for tick in tick..<end { put(kind, into: &values[tick], usual ?? means[tick]) }
            events.append(FlowSimulation.Event(kind: kind, range: tick..<end))
            tick = end + 960 + Int(-log(random.uniform()) * Double(FlowSimulation.ticksPerDay))
        }
        return events
    }

    /// Five times as much, after fifty times as much or not; the numbers drawn are the same.
    mutating func mask(_ values: inout [Double?], _ means: [Double], isMasked: Bool) -> [FlowSimulation.Event] {
        let perDay = FlowSimulation.ticksPerDay
        let usual = usual(values)
        let giant = 7 * perDay + random.integer(below: Double(perDay))
        let start = giant + perDay / 24 + random.integer(below: Double(perDay - perDay / 24))
        for tick in giant..<giant + 4 {
            let added = Double(random.poisson(49 * (usual ?? means[tick])))
            if isMasked { values[tick] = values[tick].map { $0 + added } }
        }
        let kind = FlowSimulation.Event.Kind.sustainedTimes5
        for tick in start..<start + kind.duration { put(kind, into: &values[tick], usual ?? means[tick]) }
        return [FlowSimulation.Event(kind: kind, range: start..<start + kind.duration)]
    }

    /// What a spike is a multiple of, where that isn't what is expected at the time.
    private func usual(_ values: [Double?]) -> Double? {
        let clean = values.prefix(FlowSimulation.cleanDays * FlowSimulation.ticksPerDay).compactMap(\.self).sorted()
        func percentile(_ share: Double) -> Double { clean[min(clean.count - 1, Int(share * Double(clean.count)))] }
        switch archetype {
        case .diurnal, .flat, .shifting: return nil
        case .bursty, .cron: return max(percentile(0.99), 1)
        case .sparse: return max(percentile(0.999), 5)
        }
    }

    private mutating func put(_ kind: FlowSimulation.Event.Kind, into value: inout Double?, _ reference: Double) {
        guard let before = value else { return }
        if let times = kind.added {
            value = before + Double(random.poisson((times - 1) * reference))
        } else {
            value = (before * kind.factor).rounded(.down)
        }
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
