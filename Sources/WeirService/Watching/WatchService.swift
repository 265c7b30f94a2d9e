import Alerting
import Detection
import Dispatch
import FlowModel
import Foundation
import KubernetesClient
import Logging
import Metrics
import StateFile
import Synchronization
import Windows

/// The part of the service that judges what is counted and tells of it: a thread with a beat of a second, the rules' evaluation, the alerts, and what both keep over a restart.
final class WatchService: Sendable {
    /// How often what was learned is written, seconds.
    private static let saveInterval = 300
    /// How long a stop waits for the disk.
    private static let savePatience = DispatchTimeInterval.seconds(10)

    private struct State: Sendable {
        var configuration: WeirConfiguration
        var nextEvaluation = Timestamp.unknown
        /// What was said of signals that are not there, so that it is said once.
        var told: Set<String> = []
        /// Seconds that evaluations took, all together, and how many there were.
        var seconds = 0.0
        var evaluations: UInt64 = 0
    }

    let alerts: AlertingService
    private let watch: RuleWatch
    private let recent: RecentPast
    private let store: DetectionStore?
    private let thread = BeatThread(name: "weir-rules")
    private let state: Mutex<State>
    /// Nobody who judges or tells waits for a disk.
    private let disk = DispatchQueue(label: "weir-rules-state")
    private let willSave = Atomic(false)
    private let logger: Logger

    /// Takes up what an earlier run has learned. Nil where the pipeline keeps nothing for rules.
    ///
    /// - Parameters:
    ///   - directory: `state.directory`; nil: nothing is kept.
    ///   - credentials: of the cluster whose pods Events are written on; nil: none are written.
    init?(_ pipeline: Pipeline, _ configuration: WeirConfiguration, directory: StateDirectory?, credentials: ClusterCredentials?, logger: Logger) {
        var detection = Detection(configuration)
        store = directory.map(DetectionStore.init)
        if let (saved, message) = store?.load() {
            if let message { logger.warning("what was learned before could not be used", metadata: ["problem": "\(message)"]) }
            if let saved { detection.restore(saved, at: Windows.tick(of: WallClock.now)) }
        }
        guard let watch = RuleWatch(pipeline, detection, start: WallClock.now), let recent = pipeline.recent else { return nil }
        self.watch = watch
        self.recent = recent
        self.logger = logger
        alerts = AlertingService(
            configuration.alerting, maximumAlerts: configuration.detection.maxAlerts, externalURL: configuration.web.externalURL,
            directory: directory, credentials: credentials, logger: logger)
        state = Mutex(State(configuration: configuration))
        takeRules(at: WallClock.now)
    }

    func start() {
        thread.start(everySecond: { [unowned self] beat in everySecond(beat) })
    }

    /// Ends evaluation and delivery. Nothing is resolved by it.
    func stop() {
        thread.stop()
        alerts.stop()
        let saved = DispatchGroup()
        disk.async(group: saved) { self.save() }
        if saved.wait(timeout: .now() + Self.savePatience) == .timedOut {
            logger.error("what was learned could not be saved", metadata: ["problem": "the disk does not answer"])
        }
    }

    private func everySecond(_ beat: Int) {
        let now = WallClock.now
        let (configuration, isDue) = state.withLock { state in
            // A clock that was set back must not put it off.
            let isDue = now >= state.nextEvaluation || state.nextEvaluation.since(now) > 2 * state.configuration.detection.interval
            if isDue { state.nextEvaluation = now.advanced(by: state.configuration.detection.interval) }
            return (state.configuration, isDue)
        }
        if isDue { evaluate(configuration, now: now) }
        alerts.tick(now: now)
        if beat % Self.saveInterval == 0 { saveSoon() }
    }

    private func evaluate(_ configuration: WeirConfiguration, now: Timestamp) {
        let start = DispatchTime.now()
        var hasChanged = false
        watch.evaluate(configuration.exporters, now: now) { reports, tick in
            let changed = alerts.take(reports, now: now, seconds: Self.seconds(since: start)) {
                watch.evidence(for: $0, in: tick, configuration.exporters)
            }
            hasChanged = hasChanged || changed
        }
        // The detectors that opened or closed are kept with the alerts that were told of.
        if hasChanged { saveSoon() }
        let seconds = Self.seconds(since: start)
        state.withLock { state in
            state.seconds += seconds
            state.evaluations += 1
        }
        takeRules(at: now)
    }

    private static func seconds(since start: DispatchTime) -> Double {
        Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
    }

    /// Says which rules are in force, and what they can't go by here.
    private func takeRules(at now: Timestamp) {
        let availability = watch.withDetection { $0.availability }
        let configuration = state.withLock { $0.configuration }
        let rules = configuration.detection.rules.map { rule in
            let signals = availability.filter { $0.rule == rule.name }
            let isDetectable = rule.needsOneSignal ? signals.contains(where: \.isAvailable) : signals.allSatisfy(\.isAvailable)
            let reason = isDetectable ? nil : signals.compactMap(\.reason).first
            return AlertRule(rule, file: configuration.detection.origin(of: rule.name), unavailable: reason)
        }
        alerts.take(rules: rules, interval: configuration.detection.interval, now: now)
        let missing = rules.compactMap { rule in rule.unavailable.map { (rule.rule.name, $0) } }
        let fresh = state.withLock { state in
            // Before the first flows nothing is there to go by; nobody wants to read that of each rule.
            guard availability.contains(where: \.isAvailable) else { return [(String, String)]() }
            let fresh = missing.filter { !state.told.contains("\($0.0) \($0.1)") }
            state.told = Set(missing.map { "\($0.0) \($0.1)" })
            return fresh
        }
        for (rule, reason) in fresh { logger.notice("a rule can find nothing here", metadata: ["rule": "\(rule)", "reason": "\(reason)"]) }
    }

    /// Takes up another configuration; rules that look at the same series as before keep what they know.
    func reconfigure(_ configuration: WeirConfiguration) {
        state.withLock { $0.configuration = configuration }
        watch.withDetection { $0.reconfigure(configuration.detection) }
        alerts.reconfigure(configuration.alerting, maximumAlerts: configuration.detection.maxAlerts, externalURL: configuration.web.externalURL)
        takeRules(at: WallClock.now)
    }

    // MARK: What is learned

    /// What has been learned, for people to keep, read and change.
    var baseline: Baseline { watch.withDetection { $0.baseline } }

    /// Takes in what has been learned elsewhere, or was written by hand; how many of its edges are known then.
    func add(_ baseline: Baseline) -> Int {
        let count = watch.withDetection { $0.add(baseline) }
        saveSoon()
        return count
    }

    /// Writes what was learned, after what is being written; once for all who ask meanwhile.
    private func saveSoon() {
        guard store != nil, !willSave.exchange(true, ordering: .relaxed) else { return }
        disk.async { [self] in
            willSave.store(false, ordering: .relaxed)
            save()
        }
    }

    private func save() {
        guard let store else { return }
        do {
            try store.save(watch.withDetection { $0.saved() })
        } catch {
            logger.error("what was learned could not be saved", metadata: ["problem": "\(error)"])
        }
    }

    // MARK: Metrics

    /// Writes `weir_alerts`, `weir_notifications…`, `weir_rule…` and `weir_detection…`.
    func writeMetrics(to writer: inout ExpositionWriter) {
        alerts.writeMetrics(to: &writer)
        let (seconds, evaluations) = state.withLock { ($0.seconds, $0.evaluations) }
        let (availability, series, edges) = watch.withDetection { ($0.availability, $0.seriesCounts, $0.edgeCounts) }
        let (tallies, pairs, delay) = recent.status(now: WallClock.now)
        func family(_ name: String, _ type: MetricType, _ help: String, _ value: some ExpositionValue) {
            writer.family(name, type: type, help: help)
            writer.sample(value: value)
        }
        writer.family("weir_rule_signal_available", type: .gauge, help: "Whether the exports at hand carry what a rule could go by.")
        for entry in availability { writer.sample(["rule": entry.rule, "signal": entry.signal], value: entry.isAvailable ? 1 : 0) }
        family("weir_rule_evaluation_seconds_total", .counter, "Time that evaluations of all rules took.", seconds)
        family("weir_rule_evaluations_total", .counter, "Evaluations of all rules.", evaluations)
        family(
            "weir_detection_delay_seconds", .gauge, "How long after its end a tick is judged: exporters have had the time to tell of it then.",
            Double(delay) / 1e9)
        family("weir_detection_workload_pairs", .gauge, "Pairs of workloads whose recent past is kept.", UInt64(clamping: pairs))
        family("weir_detection_series", .gauge, "Series that rules watch.", UInt64(clamping: series.watched))
        family("weir_detection_series_evicted_total", .counter, "Series that had to leave for others.", UInt64(clamping: series.evicted))
        family("weir_detection_edges", .gauge, "Edges that were learned.", UInt64(clamping: edges.known))
        family("weir_detection_edges_evicted_total", .counter, "Learned edges that had to leave for others.", UInt64(clamping: edges.evicted))
        family(
            "weir_detection_late_bytes_total", .counter, "Bytes told of after their tick was judged; they went to the oldest tick that was not.",
            tallies.lateBytes)
        writer.family("weir_detection_refused_total", type: .counter, help: "What there was no room for in what rules judge, by what it was.")
        for (kind, count) in [
            ("flows", tallies.refusedFlows), ("pod_pairs", tallies.refusedPairs), ("edges", tallies.refusedEdges),
            ("sources", tallies.refusedSources), ("workloads", tallies.refusedWorkloads),
        ] { writer.sample(["kind": kind], value: count) }
    }
}

extension Detection {
    /// As the configuration has it.
    package init(_ configuration: WeirConfiguration) {
        self.init(
            configuration.detection, seesWholeCluster: configuration.seesWholeCluster,
            collector: configuration.collector.node ?? ProcessInfo.processInfo.hostName)
    }
}

extension WeirConfiguration {
    /// Whether all of the cluster's traffic is counted here.
    fileprivate var seesWholeCluster: Bool {
        switch detection.scope {
        case .auto: collector.scope != .node
        case .cluster: true
        case .part: false
        }
    }
}

extension DetectionConfiguration {
    /// Where a rule was written, in words.
    fileprivate func origin(of rule: String) -> String {
        filesOfRules[rule] ?? (ownRules.contains { $0.name == rule } ? "configuration" : "built-in")
    }
}
