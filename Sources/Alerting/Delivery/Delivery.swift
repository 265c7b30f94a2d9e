import ConfigurationFile
import Dispatch
import FlowModel
import HTTPClient
import StateFile
import Synchronization

/// Tells receivers of alerts: decides with feeds and outboxes, sends over HTTP on a thread of its own, and keeps on disk what has not been told.
package final class Delivery: Sendable {
    /// Something that a person should know.
    package struct Report: Sendable {
        package enum Severity: Sendable {
            case info
            case warning
            case error
        }

        package var severity: Severity
        package var message: String
        package var receiver: String
    }

    /// A request to the Kubernetes API server, with its credentials.
    ///
    /// Throws what is wrong with the file of those.
    package typealias KubernetesRequest = @Sendable (PodEventTalk.Request) throws(SmallFile.Unreadable) -> ClientRequest

    /// The file of what has not been told, in `state.directory`.
    private static let stateName = "notifications"
    private static let alertsName = "alerts"
    private static let stateVersion = 1
    /// Octets of lines that wait for the log.
    private static let mostLogged = 8 << 20
    /// How long nothing is written after state could not be written, nanoseconds.
    private static let saveWait: Int64 = 5_000_000_000
    /// How long a stop waits for the disk.
    private static let savePatience = DispatchTimeInterval.seconds(10)
    /// How long a stop waits for what is on its way.
    private static let patience = DispatchTimeInterval.seconds(2)

    private let transport = HTTPTransport(threadName: "weir-alerts")
    private let state: Mutex<DeliveryState>
    private let directory: StateDirectory?
    private let kubernetes: KubernetesRequest?
    private let instance: String
    private let log: AlertLog
    private let clock: @Sendable () -> Timestamp
    private let report: @Sendable (Report) -> Void
    private let flying = DispatchGroup()
    private let logQueue = DispatchQueue(label: "weir-alert-log")
    /// Octets of lines that are not written yet.
    private let logged = Atomic(0)
    /// One writer at a time, and none that anybody waits for: a disk may hang.
    private let saveQueue = DispatchQueue(label: "weir-alert-state")
    /// Whether one is to write, or writes.
    private let isSaving = Atomic(false)
    /// When writing failed last; nil where it went well.
    private let saveFailed = Mutex<Timestamp?>(nil)
    /// What was last given to be kept.
    private let kept = Mutex<[Alert]?>(nil)

    /// Takes up what an earlier run has not told.
    ///
    /// - Parameters:
    ///   - directory: where state is kept; nil: nowhere.
    ///   - kubernetes: makes requests to the API server; nil: there is none, and Events are not written.
    ///   - instance: the host's name.
    ///   - seed: decides how attempts are spread.
    ///   - clock: the time, when an attempt has ended.
    package init(
        _ configuration: AlertingConfiguration, externalURL: String?, directory: StateDirectory?, kubernetes: KubernetesRequest?, instance: String,
        seed: UInt64, clock: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (Report) -> Void
    ) {
        var saved = DeliveryState.Saved()
        switch directory?.read(Self.stateName, version: Self.stateVersion, as: DeliveryState.Saved.self) {
        case .value(let value): saved = value
        case .setAside(let message): report(Report(severity: .warning, message: message, receiver: ""))
        case .absent, nil: break
        }
        self.directory = directory
        self.kubernetes = kubernetes
        self.instance = instance.isEmpty ? "weir" : instance
        self.clock = clock
        self.report = report
        log = AlertLog(configuration.log)
        let surroundings = OutgoingAlert.Surroundings(externalLabels: configuration.externalLabels, externalURL: externalURL)
        state = Mutex(DeliveryState(configuration: configuration, surroundings: surroundings, queues: saved, random: SplitMix64(seed: seed)))
        let lost = state.withLock { $0.adopt(hasKubernetes: kubernetes != nil) }
        for line in lost { report(line) }
    }

    /// The alerts that an earlier run kept; a message where they could not be used and were set aside.
    package static func savedAlerts(in directory: StateDirectory) -> (alerts: [Alert], message: String?) {
        switch directory.read(alertsName, version: stateVersion, as: [Alert].self) {
        case .value(let alerts): (alerts, nil)
        case .absent: ([], nil)
        case .setAside(let message): ([], message)
        }
    }

    // MARK: What is told

    /// Takes in steps of alerts.
    ///
    /// - Parameter alerts: those that fire now, and those that have ended and are remembered.
    package func take(_ transitions: [Transition], alerts: [Alert], now: Timestamp) {
        let (surroundings, lost) = state.withLock { state in
            var lost = state.take(alerts)
            let told = transitions.filter { $0.change == .firing || $0.change == .resolved }
            if !told.isEmpty {
                lost += state.addToWebhooks(told, now)
                if state.configuration.kubernetesEvents == .enabled, kubernetes != nil {
                    for step in told where step.change == .firing { lost += state.addEvents(step.alert, now) }
                }
                state.isChanged = true
            }
            return (state.surroundings, lost)
        }
        for line in lost { report(line) }
        writeLog(transitions, surroundings, now)
        pump(at: now)
    }

    /// Writes on a thread of its own: nobody waits for a pipe that nobody reads.
    private func writeLog(_ transitions: [Transition], _ surroundings: OutgoingAlert.Surroundings, _ now: Timestamp) {
        guard !transitions.isEmpty, state.withLock({ $0.configuration.log != .disabled }) else { return }
        var lines: [UInt8] = []
        var count = 0
        let room = Self.mostLogged - logged.load(ordering: .relaxed)
        for step in transitions {
            let line = TransitionLine.text(step, surroundings, at: now)
            guard lines.count + line.count <= room else { break }
            lines += line
            count += 1
        }
        if count < transitions.count {
            for line in state.withLock({ $0.drop("log", "no_room", transitions.count - count, "nobody takes its lines") }) { report(line) }
        }
        guard count > 0 else { return }
        logged.wrappingAdd(lines.count, ordering: .relaxed)
        flying.enter()
        logQueue.async { [weak self, flying, log, lines, count] in
            let written = log.write(lines)
            if let self {
                logged.wrappingSubtract(lines.count, ordering: .relaxed)
                noteLog(written, lost: count - written.lines)
            }
            flying.leave()
        }
    }

    /// Counts what became of lines, and says so where it is news.
    private func noteLog(_ written: AlertLog.Written, lost: Int) {
        let line = state.withLock { state -> Report? in
            state.counts.delivered["log", default: 0] &+= UInt64(clamping: written.lines)
            guard let problem = written.problem else {
                return state.troubles.removeValue(forKey: "log").map { _ in
                    Report(severity: .info, message: "lines of the alert log are written again", receiver: "log")
                }
            }
            state.counts.failed[DeliveryCounts.Failure(receiver: "log", reason: .local), default: 0] &+= 1
            state.counts.dropped[DeliveryCounts.Loss(receiver: "log", reason: "unwritten"), default: 0] &+= UInt64(clamping: lost)
            guard state.troubles.updateValue("unwritten", forKey: "log") == nil else { return nil }
            return Report(
                severity: .error, message: "lines of the alert log cannot be written, and are lost, \(lost) for a beginning: \(problem)",
                receiver: "log")
        }
        if let line { report(line) }
    }

    /// Does what is due: attempts that were waited for, repeats, what is too old. Called each second or so.
    package func tick(alerts: [Alert], now: Timestamp) {
        let lost = state.withLock { state in
            return state.take(alerts) + state.expire(now, hasKubernetes: kubernetes != nil)
        }
        for line in lost { report(line) }
        pump(at: now)
        keep(nil)
    }

    /// Keeps `alerts` on disk, behind what is to be told of them; nil: as they were given last. It does not wait for the disk.
    package func keep(_ alerts: [Alert]?) {
        guard directory != nil else { return }
        if let alerts { kept.withLock { $0 = alerts } }
        // After a failure the same would be encoded each second, for nothing.
        if let failed = saveFailed.withLock({ $0 }), !clock().ends(wait: Self.saveWait, since: failed) { return }
        guard kept.withLock({ $0 != nil }) || state.withLock({ $0.isChanged }), !isSaving.exchange(true, ordering: .acquiringAndReleasing) else {
            return
        }
        saveQueue.async { [weak self] in
            // What changes from here on makes another turn.
            self?.isSaving.store(false, ordering: .sequentiallyConsistent)
            self?.save()
        }
    }

    /// Takes up another configuration. What a receiver that is gone was still to be told is given up.
    package func reconfigure(_ configuration: AlertingConfiguration, externalURL: String?) {
        // Behind the lines that are waiting, and not here: one of them may never be taken.
        logQueue.async { [log] in log.reconfigure(configuration.log) }
        let lost = state.withLock { state in
            state.configuration = configuration
            state.surroundings = OutgoingAlert.Surroundings(externalLabels: configuration.externalLabels, externalURL: externalURL)
            state.isChanged = true
            return state.adopt(hasKubernetes: kubernetes != nil)
        }
        for line in lost { report(line) }
    }

    /// Opens the file of `alerting.log` anew, behind the lines that are waiting. It waits for nobody.
    package func reopenLog() {
        logQueue.async { [log] in log.reopen() }
    }

    /// Ends it: what is on its way has two seconds to arrive, the rest is kept for the next run. Nothing is said to have ended.
    package func stop(alerts: [Alert]) {
        _ = flying.wait(timeout: .now() + Self.patience)
        state.withLock { $0.isStopped = true }
        transport.stop()
        kept.withLock { $0 = alerts }
        let saved = DispatchGroup()
        saveQueue.async(group: saved) { self.save() }
        if saved.wait(timeout: .now() + Self.savePatience) == .timedOut {
            report(Report(severity: .error, message: "alerts could not be saved: the disk does not answer", receiver: "state"))
        }
    }

    /// What became of it all so far.
    package var counts: DeliveryCounts {
        state.withLock { $0.countsNow }
    }

    // MARK: Sending

    private func pump(at now: Timestamp) {
        for job in state.withLock({ $0.jobs(now, hasKubernetes: kubernetes != nil) }) { perform(job, now) }
    }

    private func perform(_ job: DeliveryState.Job, _ now: Timestamp) {
        flying.enter()
        switch job {
        case .alertmanager(let receiver, let name, let alerts):
            send(receiver, AlertmanagerMessage.path, AlertmanagerMessage.body(alerts, at: now)) { [weak self, flying] outcome in
                self?.finishAlertmanager(receiver.url, name, outcome)
                flying.leave()
            }
        case .webhook(let receiver, let name, let number, let message, let externalURL):
            send(receiver, "", message.body(externalURL: externalURL)) { [weak self, flying] outcome in
                self?.finishWebhook(receiver.url, name, number, outcome)
                flying.leave()
            }
        case .event(let number, let event): converse(PodEventTalk(event, instance: instance), number, event)
        }
    }

    private func send(_ receiver: AlertingConfiguration.HTTPReceiver, _ path: String, _ body: [UInt8], _ done: @escaping @Sendable (Outcome) -> Void)
    {
        do {
            HTTPSender(transport: transport).send(try receiver.request(path: path, body: body)) { outcome, _, _ in done(outcome) }
        } catch {
            transport.perform { done(.failed(.local, message: error.message)) }
        }
    }

    private func finishAlertmanager(_ url: String, _ name: String, _ outcome: Outcome) {
        let now = clock()
        let (delivered, refused) = state.withLock { state in
            let result = state.queues.feeds[url]?.finish(outcome, at: now, using: &state.random) ?? (delivered: 0, refused: 0)
            if result.delivered + result.refused > 0 { state.isChanged = true }
            return result
        }
        note(outcome, count: delivered + refused, receiver: name)
        pump(at: now)
    }

    private func finishWebhook(_ url: String, _ name: String, _ number: UInt64, _ outcome: Outcome) {
        let now = clock()
        let count = state.withLock { state -> Int in
            guard let done = state.queues.webhooks[url]?.finish(number, outcome, at: now, using: &state.random) else { return 0 }
            state.isChanged = true
            return done.item.weight
        }
        note(outcome, count: count, receiver: name)
        pump(at: now)
    }

    private func converse(_ talk: PodEventTalk, _ number: UInt64, _ event: PodEvent) {
        guard let kubernetes else { return flying.leave() }
        let request: ClientRequest
        do {
            request = try kubernetes(talk.request)
        } catch {
            transport.perform { [weak self, flying] in
                self?.finishEvent(talk, number, event, .outcome(.failed(.local, message: error.message)))
                flying.leave()
            }
            return
        }
        // A pod with a long specification is larger than what is kept of other answers.
        HTTPSender(transport: transport).send(
            request,
            { [weak self, flying] outcome, status, body in
                guard let self else { return flying.leave() }
                var talk = talk
                let end = talk.take(outcome, status: status, body: body) { name in
                    state.withLock { $0.queues.events.known(event, name) }
                }
                guard let end else { return converse(talk, number, event) }
                finishEvent(talk, number, event, end)
                flying.leave()
            }, keeping: 4 << 20)
    }

    private func finishEvent(_ talk: PodEventTalk, _ number: UInt64, _ event: PodEvent, _ end: PodEventTalk.End) {
        let now = clock()
        // A pod that is gone needs no Event: nothing is lost.
        let (outcome, count) = if case .outcome(let outcome) = end { (outcome, 1) } else { (Outcome.delivered, 0) }
        state.withLock { state in
            guard state.queues.events.outbox.finish(number, outcome, at: now, using: &state.random) != nil else { return }
            if end == .outcome(.delivered) { state.queues.events.note(event, talk.name, count: talk.count) }
            state.isChanged = true
        }
        note(outcome, count: count, receiver: "kubernetes")
        pump(at: now)
    }

    /// Counts what became of an attempt, and says so where it is news.
    private func note(_ outcome: Outcome, count: Int, receiver: String) {
        let line = state.withLock { state -> Report? in
            // What a stop cuts off is no failure.
            if state.isStopped, outcome != .delivered { return nil }
            switch outcome {
            case .delivered:
                state.counts.delivered[receiver, default: 0] &+= UInt64(count)
                return state.troubles.removeValue(forKey: receiver).map { _ in
                    Report(severity: .info, message: "notifications are taken again", receiver: receiver)
                }
            case .refused(let status, let body):
                state.counts.failed[DeliveryCounts.Failure(receiver: receiver, reason: .refused), default: 0] &+= 1
                state.counts.dropped[DeliveryCounts.Loss(receiver: receiver, reason: "refused"), default: 0] &+= UInt64(count)
                return Report(severity: .error, message: "\(count) notifications were refused with status \(status): \(body)", receiver: receiver)
            case .failed(let reason, let message):
                state.counts.failed[DeliveryCounts.Failure(receiver: receiver, reason: reason), default: 0] &+= 1
                guard state.troubles.updateValue(reason.rawValue, forKey: receiver) != reason.rawValue else { return nil }
                return Report(severity: .warning, message: "notifications fail, and are tried again: \(message)", receiver: receiver)
            }
        }
        if let line { report(line) }
    }

    // MARK: State

    private func save() {
        guard let directory else { return }
        // In this order: what is told of alerts must not be older than they are.
        let alerts = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        let queues = state.withLock { state in
            state.isChanged = false
            return state.queues
        }
        do {
            // What is to be told first: told twice after a crash between the two is better than never.
            try directory.write(Self.stateName, version: Self.stateVersion, queues)
            if let alerts { try directory.write(Self.alertsName, version: Self.stateVersion, list: alerts) }
            saveFailed.withLock { $0 = nil }
            if state.withLock({ $0.troubles.removeValue(forKey: "state") }) != nil {
                report(Report(severity: .info, message: "alerts are saved again", receiver: "state"))
            }
        } catch {
            if let alerts { kept.withLock { if $0 == nil { $0 = alerts } } }
            saveFailed.withLock { $0 = clock() }
            let isNew = state.withLock { state in
                state.isChanged = true
                return state.troubles.updateValue("state", forKey: "state") == nil
            }
            if isNew { report(Report(severity: .error, message: "alerts could not be saved: \(error)", receiver: "state")) }
        }
    }
}
