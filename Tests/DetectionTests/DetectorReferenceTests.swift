import Testing

import Detection

@Suite("Agreement with the reference")
struct DetectorReferenceTests {
    private func agrees(_ found: Double, _ expected: Double) -> Bool { abs(found - expected) <= 1e-9 * max(abs(expected), 1e-3) }

    @Test("TailGuard agrees with reference.py, step by step; in Float it opens at the same values")
    func tail() {
        var tail = TailGuard<Double>()
        var small = TailGuard<Float>()
        var sum = 0.0
        var others = 0
        var expected: [Int: (score: Double, side: Int)] = [:]
        for row in ReferenceTable.tail { expected[row.tick] = (row.score, row.side) }
        for (tick, value) in ReferenceTable.values(5760 * 7, perDay: 5760).enumerated() {
            let place = TickPlace(Int64(tick))
            let scores = tail.take(value ?? .nan, at: place, isSilent: tick <= 11_520, unit: 10)
            let smallScores = small.take(value.map { Float($0) } ?? .nan, at: place, isSilent: tick <= 11_520, unit: 10)
            sum += scores.highest
            if (scores.highest >= 1) != (smallScores.highest >= 1) { others += 1 }
            guard let row = expected[tick] else { continue }
            #expect(agrees(scores.highest, row.score), "tick \(tick): \(scores.highest), not \(row.score)")
            let side = scores.drop > scores.spike ? (scores.dropIsSlow ? 3 : 1) : scores.spike > 0 && scores.spikeIsSlow ? 2 : 0
            #expect(side == row.side)
        }
        #expect(agrees(sum, ReferenceTable.tailSum))
        #expect(others == 0)
    }

    /// Open from a score of 1, closed by twenty ticks below half of it.
    private struct Gate {
        private var isOpen = false
        private var quiet = 0

        /// Whether it opened or closed.
        mutating func changes(with score: Double) -> Bool {
            let wasOpen = isOpen
            quiet = score < 0.5 ? quiet + 1 : 0
            isOpen = score >= 1 || isOpen && quiet < 20
            return isOpen != wasOpen
        }
    }

    /// A fifth of its series: of all, 0 of 1,980 openings and closings differ.
    @Test("With Float state it opens and closes on the simulation as with Double, but for a handful")
    func simulation() {
        var (steps, others) = (0, 0)
        for archetype in FlowSimulation.Archetype.allCases {
            for number in 0..<FlowSimulation.seriesPerArchetype / 5 {
                var (tail, small) = (TailGuard<Double>(), TailGuard<Float>())
                var (gate, smallGate) = (Gate(), Gate())
                for (tick, value) in FlowSimulation.series(archetype, number, seed: 20_290_001).values.enumerated() {
                    let (place, isSilent) = (TickPlace(Int64(tick)), tick <= 11_520)
                    let changes = gate.changes(with: tail.take(value ?? .nan, at: place, isSilent: isSilent, unit: 10).highest)
                    let score = small.take(value.map { Float($0) } ?? .nan, at: place, isSilent: isSilent, unit: 10).highest
                    if changes { steps += 1 }
                    if smallGate.changes(with: Double(score)) != changes { others += 1 }
                }
            }
        }
        #expect(steps > 200)
        #expect(others <= 2, "of \(steps)")
    }

    @Test("Record3 agrees with reference.py, step by step")
    func record() {
        var record = Record3<Double>()
        var sum = 0.0
        var expected: [Int: Double] = [:]
        for row in ReferenceTable.record { expected[row.row] = row.score }
        for (row, value) in ReferenceTable.values(288 * 14, perDay: 288).enumerated() {
            let score = record.take(value ?? 0, second: Int64(row) * 300)
            sum += score
            guard let other = expected[row] else { continue }
            #expect(agrees(score, other), "row \(row): \(score), not \(other)")
        }
        #expect(agrees(sum, ReferenceTable.recordSum))
    }

    @Test("A range to which nothing comes for ten days narrows again")
    func forgetting() {
        var record = Record3<Double>()
        func take(_ value: Double, _ row: Int) -> Double { record.take(value, second: Int64(row) * 300, forgets: true) }
        for row in 0..<3000 { _ = take(100 + Double(row * 7 % 20), row) }
        #expect(take(100_000, 3000) > 0)
        for row in 3001..<3200 { _ = take(100 + Double(row * 7 % 20), row) }
        #expect(take(3000, 3200) == 0)
        for row in 3201..<3201 + 288 * 60 { _ = take(100 + Double(row * 7 % 20), row) }
        #expect(take(3000, 3201 + 288 * 60) > 0)
    }

    @Test("NAB's score: 100 for the first row of each window, 0 for nothing, and less for what comes late or outside")
    func nab() {
        func best(_ alarms: Set<Int>) -> Double {
            var score = NABScore()
            score.add(scores: (0..<100).map { alarms.contains($0) ? 1 : 0 }, windows: [40...49])
            return score.best(NABScore.Profile.all[0]).score
        }
        #expect(abs(best([40]) - 100) < 1e-9)
        #expect(best([]) == 0)
        // In the probationary 15 %: nothing.
        #expect(abs(best([3, 40]) - 100) < 1e-9)
        // The last row of the window: position -0.1, worth (2 / (1 + e^-0.5) - 1) / (2 / (1 + e^-5) - 1), of a span from -1 to 1.
        #expect(abs(best([49]) - 62.41208) < 1e-4)
        // Row 20, before any window: -0.11 of 2.
        #expect(abs(best([20, 40]) - 94.5) < 1e-9)
        // Row 54: five rows behind a window ten wide, position 5/9.
        #expect(abs(best([40, 54]) - 95.14391) < 1e-4)
    }
}
