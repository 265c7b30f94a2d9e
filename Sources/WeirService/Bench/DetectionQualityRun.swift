import Detection
import Foundation

/// `weir bench detection --simulation` and `--nab`: the tables of docs/detection.md.
package enum DetectionQualityRun {
    /// Prints what the detectors find on the simulation.
    package static func simulation(seed: UInt64, detector: Rule.Detector) {
        let settings = DetectorBank.Settings(detector: detector, unit: 10)
        table("Simulation \(seed), detector \(detector.rawValue), threshold 1", DetectorQuality.benchmark(seed: seed, settings))
        if detector == .tail {
            var strict = settings
            strict.threshold = DetectionThreshold.theta(sensitivity: .medium, series: 2000)
            table("The same at medium sensitivity for 2,000 series, threshold \(strict.threshold)", DetectorQuality.benchmark(seed: seed, strict))
        }
        table("The first 48 hours of a series, 360 series", DetectorQuality.young(seed: seed, settings))
        table("Five times as much for ten minutes, nothing before", DetectorQuality.masking(seed: seed, isMasked: false, settings))
        table("The same, one to 24 hours after fifty times as much", DetectorQuality.masking(seed: seed, isMasked: true, settings))
        for (name, calendar) in [
            ("Three days without anything", FlowSimulation.Calendar.usual),
            ("Three days from a change of the clock by an hour on", .clockChange(day: 16)),
            ("Three days, the first a holiday", .holiday(day: 16)),
        ] {
            let all = DetectorQuality.calendar(seed: seed, calendar, from: 16, settings).all
            write("\(name), 120 series that go by the day: \(all.falseAlarms) openings.\n")
        }
    }

    /// Prints how often detectors open, at thresholds from 1 on, on `count` series of the simulation in which nothing happens.
    package static func fleet(seed: UInt64, count: Int) {
        var fleet = DetectorFleet(thresholds: [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.2])
        let archetypes = FlowSimulation.Archetype.allCases
        for place in 0..<count {
            // Seeds of their own, a hundred series for each, so that none of those that the detectors were tuned on is among them.
            let number = place / archetypes.count
            fleet.add(
                FlowSimulation.series(archetypes[place % archetypes.count], number % 100, seed: seed &* 100 &+ UInt64(number / 100), injection: .none)
            )
        }
        write(
            "\n\(count) series of seed \(seed) in which nothing happens, \(Int(fleet.days)) days of them, and their first \(Int(fleet.youngDays))\n\n| threshold | false spikes a day for all | false silences | in the first 48 hours, of both |\n|---|---|---|---|\n"
        )
        for entry in fleet.counts {
            func daily(_ openings: Int, _ days: Double) -> String { String(format: "%.2f", Double(openings) * Double(count) / days) }
            write(
                "| \(entry.threshold) | \(daily(entry.spikes, fleet.days)) | \(daily(entry.drops, fleet.days)) | \(daily(entry.young, fleet.youngDays)) |\n"
            )
        }
    }

    private static func table(_ title: String, _ quality: DetectorQuality) {
        write(
            "\n\(title)\n\n| series | false alarms a day | …but at events' ends | recall | x5, x10 | x10 | delay, median / p95 | events |\n|---|---|---|---|---|---|---|---|\n"
        )
        for (archetype, judgement) in quality.byArchetype where judgement.days > 0 { row("\(archetype)", judgement) }
        row("**all**", quality.all)
        row("**regular**", quality.regular)
    }

    private static func row(_ name: String, _ judgement: Judgement) {
        func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
        let counts = String(format: "%.4f | %.4f", judgement.falseAlarmsPerDay, judgement.mildFalseAlarmsPerDay)
        write(
            "| \(name) | \(counts) | \(percent(judgement.recall)) | \(percent(judgement.recall(of: .fiveAndTenfold))) | \(percent(judgement.recall(of: .tenfold))) | \(judgement.delay(0.5)) / \(judgement.delay(0.95)) | \(judgement.events) |\n"
        )
    }

    /// Scores the detectors on the Numenta Anomaly Benchmark, whose folders `data` and `labels` stand in `folder`.
    package static func nab(folder: String) throws {
        let labels = URL(filePath: folder).appending(path: "labels/combined_windows.json")
        let windows = try JSONDecoder().decode([String: [[String]]].self, from: Data(contentsOf: labels))
        write("\n| NAB, \(windows.count) files | standard | low FP | low FN |\n|---|---|---|---|\n")
        for detector in [Rule.Detector.record, .tail] {
            var score = NABScore()
            for (file, ranges) in windows.sorted(by: { $0.key < $1.key }) {
                try add(URL(filePath: folder).appending(path: "data/\(file)").path, ranges, detector, to: &score)
            }
            let cells = NABScore.Profile.all.map { String(format: "%.1f", score.best($0).score) }
            write("| \(detector == .record ? "Record3" : "TailGuard") | \(cells.joined(separator: " | ")) |\n")
        }
    }

    private static func add(_ path: String, _ ranges: [[String]], _ detector: Rule.Detector, to score: inout NABScore) throws {
        // Times of day change in some files; rows count, as they come.
        let rows = try DetectionRows(path: path, isOrdered: false).rows
        var detectors = SeriesDetector(tick: .fiveMinutes, detector: detector)
        let scores = rows.map { detectors.take($0.value, second: $0.second).score }
        let windows = try ranges.map { range in
            guard range.count == 2, let from = DetectionRows.second(range[0]), let to = DetectionRows.second(range[1]),
                let first = rows.firstIndex(where: { $0.second >= from }), let last = rows.lastIndex(where: { $0.second <= to }), first <= last
            else { throw DetectionRows.Mistake(description: "\(path): there is no window \(range)") }
            return first...last
        }
        score.add(scores: scores, windows: windows)
    }

    private static func write(_ text: String) { StandardOutput.write(Array(text.utf8)) }
}
