/// The tables of docs/detection.md: what a detector finds on the simulation, and how often it cries for nothing.
package struct DetectorQuality: Sendable {
    /// By archetype, in the order of the archetypes.
    package private(set) var byArchetype: [(archetype: FlowSimulation.Archetype, judgement: Judgement)] = []

    package var all: Judgement { sum { _ in true } }
    /// Of the regular series.
    package var regular: Judgement { sum(\.isRegular) }

    private func sum(_ isIncluded: (FlowSimulation.Archetype) -> Bool) -> Judgement {
        byArchetype.reduce(into: Judgement()) { if isIncluded($1.archetype) { $0.add($1.judgement) } }
    }

    /// The benchmark of `shared/detection/README.md`: 120 series of fourteen days.
    package static func benchmark(seed: UInt64, _ settings: DetectorBank.Settings) -> DetectorQuality {
        run { archetype, judgement in
            for number in 0..<FlowSimulation.seriesPerArchetype {
                let series = FlowSimulation.series(archetype, number, seed: seed)
                judgement.add(series, openings: DetectorRun.openings(series, settings).map(\.tick))
            }
        }
    }

    /// The first 48 hours: 360 series, events of the same kinds from the first hour on.
    package static func young(seed: UInt64, _ settings: DetectorBank.Settings) -> DetectorQuality {
        run { archetype, judgement in
            for number in 0..<3 * FlowSimulation.seriesPerArchetype {
                // What is usual is reckoned from three days; the third isn't shown.
                var series = FlowSimulation.series(archetype, number, seed: seed, days: FlowSimulation.cleanDays, injection: .young)
                series.values.removeLast(FlowSimulation.ticksPerDay)
                series.events.removeAll { $0.range.upperBound > series.values.count }
                judgement.add(series, openings: DetectorRun.openings(series, settings).map(\.tick), from: 0)
            }
        }
    }

    /// Masking: how often a tenfold minute's fifth part, five times as much for ten minutes, is found, after fifty times as much or without.
    package static func masking(seed: UInt64, isMasked: Bool, _ settings: DetectorBank.Settings) -> DetectorQuality {
        run { archetype, judgement in
            for number in 0..<3 * FlowSimulation.seriesPerArchetype {
                let series = FlowSimulation.series(archetype, number, seed: seed, days: 10, injection: .masked(isMasked))
                judgement.add(series, openings: DetectorRun.openings(series, settings).map(\.tick))
            }
        }
    }

    /// Openings on a day on which the calendar changes, and the two days after it, against the same days without; of regular series by the day.
    package static func calendar(seed: UInt64, _ calendar: FlowSimulation.Calendar, from day: Int, _ settings: DetectorBank.Settings)
        -> DetectorQuality
    {
        run { archetype, judgement in
            guard archetype == .diurnal || archetype == .shifting else { return }
            for number in 0..<3 * FlowSimulation.seriesPerArchetype {
                let series = FlowSimulation.series(archetype, number, seed: seed, days: day + 3, injection: .none, calendar: calendar)
                let openings = DetectorRun.openings(series, settings).map(\.tick)
                judgement.add(series, openings: openings, from: day * FlowSimulation.ticksPerDay)
            }
        }
    }

    private static func run(_ judge: (FlowSimulation.Archetype, inout Judgement) -> Void) -> DetectorQuality {
        var quality = DetectorQuality()
        for archetype in FlowSimulation.Archetype.allCases {
            var judgement = Judgement()
            judge(archetype, &judgement)
            quality.byArchetype.append((archetype, judgement))
        }
        return quality
    }
}
