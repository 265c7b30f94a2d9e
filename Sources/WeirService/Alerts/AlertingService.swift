import Alerting
import ConfigurationFile
import Detection
import FlowModel
import Foundation
import HTTPClient
import KubernetesClient
import Logging
import Metrics
import StateFile
import Synchronization

/// Alerts in the service: the book of them, who is told, what is kept over a restart, and what is shown of them.
package final class AlertingService: Sendable {
    /// What was known after the last evaluation.
    struct RuleEvaluation: Sendable {
        var at = Timestamp.unknown
        /// How long all rules took.
        var seconds = 0.0
    }

    private struct State {
        var book: AlertBook
        var rules: [AlertRule] = []
        var evaluations: [String: RuleEvaluation] = [:]
        var interval: Int64 = 15_000_000_000
        var externalURL: String?
    }

    private let state: Mutex<State>
    private let delivery: Delivery

    /// Takes up what an earlier run has kept, and begins to tell of it with the first `tick`.
    ///
    /// - Parameters:
    ///   - maximumAlerts: `detection.max_alerts`.
    ///   - externalURL: `web.external_url`.
    ///   - directory: `state.directory`; nil: nothing is kept.
    ///   - credentials: of the cluster whose pods Events are written on; nil: none are written.
    package init(
        _ configuration: AlertingConfiguration, maximumAlerts: Int, externalURL: String?, directory: StateDirectory?,
        credentials: ClusterCredentials?,
        logger: Logger, clock: @escaping @Sendable () -> Timestamp = { WallClock.now }
    ) {
        var saved: [Alert] = []
        if let directory {
            let (alerts, message) = Delivery.savedAlerts(in: directory)
            if let message { logger.warning("alerts of before could not be used", metadata: ["problem": "\(message)"]) }
            saved = alerts
        }
        var kubernetes: Delivery.KubernetesRequest?
        if let credentials {
            let requests = ClusterRequests(credentials)
            kubernetes = { wanted in requests.request(wanted) }
        }
        delivery = Delivery(
            configuration, externalURL: externalURL, directory: directory, kubernetes: kubernetes,
            instance: ProcessInfo.processInfo.hostName, seed: UInt64.random(in: 0...UInt64.max), clock: clock
        ) { report in
            let fields: Logger.Metadata = report.receiver.isEmpty ? [:] : ["receiver": "\(report.receiver)"]
            switch report.severity {
            case .info: logger.info("\(report.message)", metadata: fields)
            case .warning: logger.warning("\(report.message)", metadata: fields)
            case .error: logger.error("\(report.message)", metadata: fields)
            }
        }
        state = Mutex(State(book: AlertBook(maximum: maximumAlerts, saved: saved), externalURL: externalURL))
    }

    // MARK: What happens

    /// Takes in what rules found in an evaluation: only those that were evaluated, since alerts of the others stay as they are.
    ///
    /// - Parameters:
    ///   - seconds: how long the evaluation took.
    ///   - evidence: asked for each alert that begins to fire, before anybody is told of it.
    package func take(_ reports: [RuleReport], now: Timestamp, seconds: Double = 0, evidence: (Finding) -> Evidence?) {
        var transitions = state.withLock { state in
            reports.flatMap { report in
                state.evaluations[report.rule.name] = RuleEvaluation(at: now, seconds: seconds)
                return state.book.take(report, now: now)
            }
        }
        // Not under the lock: it may take as long as the windows are deep.
        for index in transitions.indices where transitions[index].change == .firing {
            transitions[index].alert.evidence = transitions[index].finding.flatMap(evidence)
        }
        pass(transitions, now)
    }

    /// What is due each second: attempts that were waited for, repeats, what is to be kept.
    package func tick(now: Timestamp) {
        delivery.tick(alerts: state.withLock { $0.book.told }, now: now)
    }

    /// Takes up the rules that are in force. Alerts of those that are gone are resolved.
    ///
    /// - Parameter interval: `detection.interval`, nanoseconds.
    package func take(rules: [AlertRule], interval: Int64, now: Timestamp) {
        let transitions = state.withLock { state in
            state.rules = rules
            state.interval = interval
            let names = Set(rules.map(\.rule.name))
            state.evaluations = state.evaluations.filter { names.contains($0.key) }
            return state.book.keepOnly(rules: names, now: now)
        }
        pass(transitions, now)
    }

    /// Takes up another configuration.
    package func reconfigure(_ configuration: AlertingConfiguration, maximumAlerts: Int, externalURL: String?) {
        state.withLock { state in
            state.book.limit(to: maximumAlerts)
            state.externalURL = externalURL
        }
        delivery.reconfigure(configuration, externalURL: externalURL)
    }

    /// Opens the file of `alerting.log` anew, for SIGHUP.
    package func reopenLog() { delivery.reopenLog() }

    /// Ends delivery; it waits two seconds at most for what is on its way. Nothing is resolved by it.
    package func stop() {
        delivery.stop(alerts: state.withLock { $0.book.save() })
    }

    private func pass(_ transitions: [Transition], _ now: Timestamp) {
        let (told, changed) = state.withLock { state -> ([Alert], [Alert]?) in
            for step in transitions where step.change == .firing {
                if let evidence = step.alert.evidence { state.book.attach(evidence, to: step.alert.id) }
            }
            return (state.book.told, state.book.isChanged ? state.book.save() : nil)
        }
        delivery.take(transitions, alerts: told, now: now)
        if let changed { delivery.keep(changed) }
    }

    // MARK: What is shown

    /// All that is shown of alerts and rules.
    struct Shown: Sendable {
        /// Pending and firing.
        var alerts: [Alert]
        /// The latest last.
        var resolved: [Alert]
        var rules: [AlertRule]
        var evaluations: [String: RuleEvaluation]
        var interval: Int64
        var externalURL: String?
    }

    var shown: Shown {
        state.withLock { state in
            Shown(
                alerts: state.book.alerts, resolved: state.book.resolved, rules: state.rules, evaluations: state.evaluations,
                interval: state.interval,
                externalURL: state.externalURL)
        }
    }

    /// The alert with this identity, whether it fires still or not, and its rule where it is in force.
    func alert(_ id: AlertID) -> (alert: Alert, rule: AlertRule?)? {
        state.withLock { state in
            state.book.alert(id).map { alert in (alert, state.rules.first { $0.rule.name == alert.rule }) }
        }
    }

    /// How many fire.
    package var firing: Int { state.withLock { $0.book.alerts.reduce(0) { $0 + ($1.state == .firing ? 1 : 0) } } }

    /// What became of what receivers were to be told.
    var counts: DeliveryCounts { delivery.counts }
}

extension AlertBook {
    /// Those that others are told of.
    fileprivate var told: [Alert] { alerts.filter { $0.state == .firing } + resolved }
}

extension ClusterRequests {
    /// The request that Events want.
    fileprivate func request(_ wanted: PodEventTalk.Request) -> ClientRequest {
        switch wanted.method {
        case .get: request(.get, path: wanted.path)
        case .post: request(.post, path: wanted.path, contentType: wanted.contentType, body: wanted.body)
        case .patch: request(.patch, path: wanted.path, contentType: wanted.contentType, body: wanted.body)
        }
    }
}
