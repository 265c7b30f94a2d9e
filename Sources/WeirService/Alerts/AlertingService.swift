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

    /// The most alerts of an evaluation for which evidence is taken.
    private static let mostEvidence = 100

    private struct State {
        var book: AlertBook
        var rules: [AlertRule] = []
        var evaluations: [String: RuleEvaluation] = [:]
        var interval: Int64 = 15_000_000_000
        var externalURL: String?
    }

    private let state: Mutex<State>
    private let delivery: Delivery
    /// Held from the decision until it is passed on: what two threads decide must be told in that order.
    private let turn = Mutex(())

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
            kubernetes = { wanted throws(SmallFile.Unreadable) in try requests.request(wanted) }
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
    /// The worst are told of first, before evidence is taken for the others; evidence is taken for a hundred at most.
    ///
    /// - Parameters:
    ///   - seconds: how long the evaluation took.
    ///   - evidence: asked for each alert that begins to fire, before anybody is told of it.
    /// - Returns: whether an alert began to fire or was resolved.
    @discardableResult
    package func take(_ reports: [RuleReport], now: Timestamp, seconds: Double = 0, evidence: (Finding) -> Evidence?) -> Bool {
        turn.withLock { _ in takeInTurn(reports, now: now, seconds: seconds, evidence: evidence) }
    }

    private func takeInTurn(_ reports: [RuleReport], now: Timestamp, seconds: Double, evidence: (Finding) -> Evidence?) -> Bool {
        let transitions = state.withLock { state in
            reports.flatMap { report in
                state.evaluations[report.rule.name] = RuleEvaluation(at: now, seconds: seconds)
                return state.book.take(report, now: now)
            }
        }
        let portions = Dictionary(grouping: transitions, by: \.alert.severity.rank).sorted { $0.key < $1.key }.map(\.value)
        var room = Self.mostEvidence
        var untold = Set(transitions.filter { $0.change == .firing }.map(\.alert.id))
        for var portion in portions {
            // Not under the lock: it may take as long as the windows are deep.
            for index in portion.indices where portion[index].change == .firing {
                untold.remove(portion[index].alert.id)
                guard let finding = portion[index].finding else { continue }
                portion[index].alert.evidence = room > 0 ? evidence(finding) : Self.noEvidence(finding, at: portion[index].alert.startsAt)
                room -= 1
            }
            pass(portion, now, untold: untold)
        }
        if portions.isEmpty { pass([], now, untold: []) }
        return transitions.contains { $0.change == .firing || $0.change == .resolved }
    }

    /// What is known without a look at the windows.
    private static func noEvidence(_ finding: Finding, at time: Timestamp) -> Evidence {
        var evidence = Evidence(finding, at: time)
        evidence.details.append("More than \(mostEvidence) alerts began to fire at once: pods and flows were not looked up for this one.")
        return evidence
    }

    /// What is due each second: attempts that were waited for, repeats, what is to be kept.
    package func tick(now: Timestamp) {
        delivery.tick(alerts: state.withLock { $0.book.told }, now: now)
    }

    /// Takes up the rules that are in force. Alerts of those that are gone are resolved.
    ///
    /// - Parameter interval: `detection.interval`, nanoseconds.
    package func take(rules: [AlertRule], interval: Int64, now: Timestamp) {
        turn.withLock { _ in
            let transitions = state.withLock { state in
                state.rules = rules
                state.interval = interval
                let names = Set(rules.map(\.rule.name))
                state.evaluations = state.evaluations.filter { names.contains($0.key) }
                return state.book.keepOnly(rules: names, now: now)
            }
            pass(transitions, now, untold: [])
        }
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

    /// Tells of steps; `untold` are those of the same evaluation whose turn comes later.
    private func pass(_ transitions: [Transition], _ now: Timestamp, untold: Set<AlertID>) {
        let (told, changed) = state.withLock { state -> ([Alert], [Alert]?) in
            for step in transitions where step.change == .firing {
                if let evidence = step.alert.evidence { state.book.attach(evidence, to: step.alert.id) }
            }
            // What is kept must not be ahead of what is told.
            return (state.book.told.filter { !untold.contains($0.id) }, untold.isEmpty && state.book.isChanged ? state.book.save() : nil)
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
    fileprivate func request(_ wanted: PodEventTalk.Request) throws(SmallFile.Unreadable) -> ClientRequest {
        switch wanted.method {
        case .get: try request(.get, path: wanted.path)
        case .post: try request(.post, path: wanted.path, contentType: wanted.contentType, body: wanted.body)
        case .patch: try request(.patch, path: wanted.path, contentType: wanted.contentType, body: wanted.body)
        }
    }
}
