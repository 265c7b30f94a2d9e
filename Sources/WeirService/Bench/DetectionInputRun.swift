import Detection

/// `weir bench detection --input`: what the detectors say of somebody's own series.
package enum DetectionInputRun {
    /// Reads `timestamp,value` and writes `timestamp,value,score,side,state`.
    ///
    /// - Throws: what is wrong with the file, with its line.
    package static func run(path: String, tick: SeriesDetector.Tick, detector: Rule.Detector, unit: Double) throws {
        let input = try DetectionRows(path: path)
        var detectors = SeriesDetector(tick: tick, detector: detector, unit: unit)
        var text = "timestamp,value,score,side,state\n"
        var last: Int64?
        for row in input.rows {
            let number = row.second / tick.rawValue
            if number == last {
                throw DetectionRows.Mistake(
                    description: "\(path): two rows in the \(tick.rawValue) seconds of \(row.timestamp): say --tick 15s or 5m, as they are apart")
            }
            last = number
            let outcome = detectors.take(row.value, second: row.second)
            let state = outcome.hasOpened ? "opened" : outcome.isOpen ? "open" : "closed"
            let side = outcome.score > 0 ? "\(outcome.side)" : ""
            text += "\(row.timestamp),\(row.value.map { "\($0)" } ?? ""),\((outcome.score * 1000).rounded() / 1000),\(side),\(state)\n"
        }
        StandardOutput.write(Array(text.utf8))
    }
}
