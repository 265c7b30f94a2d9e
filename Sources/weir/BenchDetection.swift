import ArgumentParser
import Detection
import WeirService

extension Rule.Detector: ExpressibleByArgument {}

/// Rows of a file to judge are apart by a detector's own tick.
extension SeriesDetector.Tick: ExpressibleByArgument {
    /// `15s` or `5m`.
    public init?(argument: String) {
        switch argument {
        case "15s": self = .fifteenSeconds
        case "5m": self = .fiveMinutes
        default: return nil
        }
    }
}

struct DetectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detection",
        abstract: "Judges series of a file, or of the simulation, or measures what judging costs.",
        discussion: """
            Example: weir bench detection --input traffic.csv --tick 15s > judged.csv

            The file has rows of timestamp,value: ISO 8601 or Unix seconds, and an empty value where there is no sample. Written are rows of
            timestamp,value,score,side,state. docs/detection.md says what the scores mean.
            """)

    @Option(help: ArgumentHelp("Rows to judge.", valueName: "FILE"))
    var input: String?
    @Option(help: "How far the rows are apart, 15s or 5m.")
    var tick = SeriesDetector.Tick.fifteenSeconds
    @Option(help: "tail, record or both.")
    var detector = Rule.Detector.tail
    @Option(help: ArgumentHelp("Ten of the unit's typical amount in a tick.", valueName: "AMOUNT"))
    var unit = 10.0
    @Option(help: ArgumentHelp("Print what is found on the simulation of this seed.", valueName: "SEED"))
    var simulation: UInt64?
    @Option(help: ArgumentHelp("With --simulation: print how often nothing is found to be wrong in so many series.", valueName: "N"))
    var fleet: Int?
    @Option(help: ArgumentHelp("Score on the Numenta Anomaly Benchmark, whose data and labels stand in this folder.", valueName: "FOLDER"))
    var nab: String?
    @Option(help: ArgumentHelp("Print what a tick of so many series costs.", valueName: "N"))
    var series: Int?

    func validate() throws {
        let chosen = [input != nil, simulation != nil, nab != nil, series != nil].count { $0 }
        if chosen != 1 { throw ValidationError("Say one of --input, --simulation, --nab and --series.") }
        if let fleet, !(1...1_000_000).contains(fleet) { throw ValidationError("--fleet takes a number from 1 to 1000000.") }
        if fleet != nil, simulation == nil { throw ValidationError("--fleet goes with --simulation.") }
        if let series, !(1...4_000_000).contains(series) { throw ValidationError("--series takes a number from 1 to 4000000.") }
        if !(unit > 0) || !unit.isFinite { throw ValidationError("--unit takes a number above 0.") }
    }

    func run() throws {
        try failing {
            if let input { try DetectionInputRun.run(path: input, tick: tick, detector: detector, unit: unit) }
            if let simulation {
                if let fleet {
                    DetectionQualityRun.fleet(seed: simulation, count: fleet)
                } else {
                    DetectionQualityRun.simulation(seed: simulation, detector: detector)
                }
            }
            if let nab { try DetectionQualityRun.nab(folder: nab) }
            if let series { DetectionSpeedRun.run(series: series) }
        }
    }
}
