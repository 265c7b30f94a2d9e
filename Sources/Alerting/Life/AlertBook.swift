import Detection
import FlowModel

/// All alerts and where each is in its life: inactive, pending, firing, resolved, as in Prometheus (`for`, `keep_firing_for`).
///
/// It has no clock: a report says of which time it is. What a rule does not report on (it could not be evaluated) stays as it is.
package struct AlertBook: Sendable {
    /// How long after its first report a rule must not yet find again what an earlier run has saved, at least: its own window begins empty. Nanoseconds.
    package static let graceAfterRestart: Int64 = 300_000_000_000
    /// How long those that no longer fire are shown.
    package static let memoryOfResolved: Int64 = 24 * 3600 * 1_000_000_000

    /// The most that fire one by one; those beyond it are folded into one alert for each rule.
    package private(set) var maximum: Int
    /// By rule, then by the key of the finding.
    private var active: [String: [AlertID: Alert]] = [:]
    /// By rule: what stands for those that there is no room for.
    private var folded: [String: Alert] = [:]
    /// Those that no longer fire, the latest last.
    package private(set) var resolved: [Alert] = []
    private var firingCount = 0
    private var followedCount = 0
    /// By rule: what an earlier run has saved, until the rule has had the time to find it again.
    private var restored: [String: Restored] = [:]
    /// By rule: since when it finds more than are followed.
    private var unfollowedSince: [String: Timestamp] = [:]
    /// Whether there is something new since `save` was last asked.
    package private(set) var isChanged = false

    private struct Restored: Sendable {
        var keys: Set<AlertID> = []
        /// Whether there is one that others are folded into.
        var isFolded = false
        /// When the rule was evaluated first.
        var begin: Timestamp?
    }

    /// A book without alerts. `maximum` is `detection.max_alerts`.
    package init(maximum: Int = 1000) {
        self.maximum = max(maximum, 1)
    }

    /// Those pending and firing, by rule and then by their identity.
    package var alerts: [Alert] {
        (active.values.flatMap(\.values) + Array(folded.values)).sorted { ($0.rule, $0.id) < ($1.rule, $1.id) }
    }

    /// Those pending and firing of a rule.
    package func alerts(of rule: String) -> [Alert] {
        ((active[rule]?.values).map { Array($0) } ?? []) + (folded[rule].map { [$0] } ?? [])
    }

    /// The alert with this identity, whether it fires still or not.
    package func alert(_ id: AlertID) -> Alert? {
        for alerts in active.values {
            if let alert = alerts.values.first(where: { $0.id == id }) { return alert }
        }
        return folded.values.first { $0.id == id } ?? resolved.last { $0.id == id }
    }

    // MARK: What happens

    /// Takes in what a rule found in an evaluation; what changes by it, those that end before those that begin.
    package mutating func take(_ report: RuleReport, now: Timestamp) -> [Transition] {
        let name = report.rule.name
        let wording = RuleWording(report.rule)
        passGrace(report)
        var steps: [Transition] = []
        var findings: [(key: AlertID, finding: Finding)] = []
        var keys: Set<AlertID> = []
        for finding in report.findings {
            let key = AlertID(labels: finding.labels)
            if keys.insert(key).inserted { findings.append((key, finding)) }
        }
        for alert in (active[name] ?? [:]).values.sorted(by: { $0.id < $1.id }) where !keys.contains(alert.key) {
            steps += miss(alert, report)
        }
        var beginning = findings.map { (key: $0.key, finding: $0.finding, activeAt: report.at) }
        for index in beginning.indices {
            // Reworded by a reload. Labels that hold a changing value are no reason: they stay as they were when it began.
            guard let alert = active[name]?[beginning[index].key], alert.wording != wording.id,
                alert.labels != wording.labels(for: beginning[index].finding)
            else { continue }
            beginning[index].activeAt = alert.activeAt
            steps += end(alert, at: report.at)
        }
        var unfollowed = 0
        var ids = Set((active[name] ?? [:]).values.map(\.id))
        for (key, finding, activeAt) in beginning {
            if active[name]?[key] != nil {
                hold(key, name, finding, wording, at: report.at)
            } else if followedCount < Self.followed(maximum) {
                let labels = wording.labels(for: finding)
                let id = AlertID(labels: labels)
                guard ids.insert(id).inserted else { continue }
                let alert = Alert(
                    id: id, rule: name, severity: report.rule.severity, labels: labels, annotations: wording.annotations(for: finding),
                    state: .pending,
                    activeAt: activeAt, lastHeld: report.at, value: finding.measure.value, words: finding.words, key: key,
                    wording: wording.id)
                active[name, default: [:]][key] = alert
                followedCount += 1
                isChanged = true
                if report.at.since(activeAt) < report.rule.pendingTime { steps.append(Transition(change: .pending, alert: alert)) }
            } else {
                unfollowed += 1
            }
        }
        steps += fire(report, findings, unfollowed: unfollowed, wording)
        forget(at: now)
        return steps
    }

    /// Resolves the alerts of rules that are not among `rules` any more.
    package mutating func keepOnly(rules: Set<String>, now: Timestamp) -> [Transition] {
        var steps: [Transition] = []
        for name in Set(active.keys).union(folded.keys).subtracting(rules).sorted() {
            for alert in (active[name] ?? [:]).values.sorted(by: { $0.id < $1.id }) { steps += end(alert, at: now) }
            steps += endFolded(name, at: now)
        }
        restored = restored.filter { rules.contains($0.key) }
        unfollowedSince = unfollowedSince.filter { rules.contains($0.key) }
        return steps
    }

    /// Keeps what was seen when an alert fired.
    package mutating func attach(_ evidence: Evidence, to id: AlertID) {
        for (name, alerts) in active {
            guard let key = alerts.first(where: { $0.value.id == id })?.key else { continue }
            active[name]?[key]?.evidence = evidence
            isChanged = true
        }
    }

    /// Takes up another `detection.max_alerts`; those that fire already go on.
    package mutating func limit(to maximum: Int) {
        self.maximum = max(maximum, 1)
    }

    // MARK: State

    /// All that must survive a restart.
    package mutating func save() -> [Alert] {
        isChanged = false
        return alerts + resolved
    }

    /// A book with what an earlier run has saved. It goes on as it was for ``graceAfterRestart``, whatever
    /// its rule reports: many rules look at a window, which begins empty.
    package init(maximum: Int, saved: [Alert]) {
        self.init(maximum: maximum)
        for alert in saved {
            if alert.state == .resolved {
                resolved.append(alert)
            } else if alert.folded != nil {
                folded[alert.rule] = alert
                restored[alert.rule, default: Restored()].isFolded = true
            } else if active[alert.rule]?[alert.key] == nil {
                active[alert.rule, default: [:]][alert.key] = alert
                restored[alert.rule, default: Restored()].keys.insert(alert.key)
                followedCount += 1
                if alert.state == .firing { firingCount += 1 }
            }
        }
    }

    // MARK: Details

    /// How many are followed, pending ones included, before the rest is only counted.
    private static func followed(_ maximum: Int) -> Int { maximum * 4 }

    private mutating func hold(_ key: AlertID, _ name: String, _ finding: Finding, _ wording: RuleWording, at time: Timestamp) {
        guard var alert = active[name]?[key] else { return }
        if alert.keepFiringSince != nil { isChanged = true }
        alert.keepFiringSince = nil
        alert.lastHeld = time
        alert.value = finding.measure.value
        alert.words = finding.words
        alert.annotations = wording.annotations(for: finding)
        active[name]?[key] = alert
    }

    /// Lets the rule judge what an earlier run has saved, once it has had the time to find it again.
    private mutating func passGrace(_ report: RuleReport) {
        let name = report.rule.name
        guard let begin = restored[name]?.begin else {
            restored[name]?.begin = report.at
            return
        }
        if report.at.ends(wait: max(Self.graceAfterRestart, report.rule.settings.window ?? 0), since: begin) { restored[name] = nil }
    }

    /// An alert that its rule did not find.
    private mutating func miss(_ alert: Alert, _ report: RuleReport) -> [Transition] {
        if restored[alert.rule]?.keys.contains(alert.key) == true { return [] }
        guard alert.state == .firing, report.rule.keepFiringTime > 0 else { return end(alert, at: report.at) }
        let since = alert.keepFiringSince ?? report.at
        if report.at.since(since) >= report.rule.keepFiringTime { return end(alert, at: report.at) }
        if alert.keepFiringSince == nil {
            active[alert.rule]?[alert.key]?.keepFiringSince = since
            isChanged = true
        }
        return []
    }

    private mutating func end(_ alert: Alert, at time: Timestamp) -> [Transition] {
        active[alert.rule]?[alert.key] = nil
        if active[alert.rule]?.isEmpty == true { active[alert.rule] = nil }
        restored[alert.rule]?.keys.remove(alert.key)
        followedCount -= 1
        isChanged = true
        var ended = alert
        guard alert.state == .firing else { return [Transition(change: .withdrawn, alert: alert)] }
        firingCount -= 1
        ended.state = .resolved
        ended.resolvedAt = max(time, alert.startsAt)
        remember(ended)
        return [Transition(change: .resolved, alert: ended)]
    }

    /// Lets those fire that have held for long enough, as far as there is room, and folds the rest.
    private mutating func fire(_ report: RuleReport, _ findings: [(key: AlertID, finding: Finding)], unfollowed: Int, _ wording: RuleWording)
        -> [Transition]
    {
        let name = report.rule.name
        let room = room(report.rule)
        var steps: [Transition] = []
        var left = lasting(unfollowed, report)
        for (key, finding) in findings {
            guard var alert = active[name]?[key], alert.state == .pending, report.at.since(alert.activeAt) >= report.rule.pendingTime else {
                continue
            }
            guard firingCount < room else {
                left += 1
                continue
            }
            alert.state = .firing
            alert.firedAt = report.at
            active[name]?[key] = alert
            firingCount += 1
            isChanged = true
            resolved.removeAll { $0.id == alert.id }
            steps.append(Transition(change: .firing, alert: alert, finding: finding))
        }
        return steps + fold(left, report, wording)
    }

    /// How many may fire when one of a rule begins to: what need not be looked at today leaves room for what must.
    private func room(_ rule: Rule) -> Int { rule.severity == .info ? maximum - maximum / 4 : maximum }

    /// How many of those that are not followed count: all, when there have been such for as long as the rule's `for`, since nobody knows of each.
    private mutating func lasting(_ count: Int, _ report: RuleReport) -> Int {
        let name = report.rule.name
        guard count > 0 else {
            unfollowedSince[name] = nil
            return 0
        }
        let since = unfollowedSince[name] ?? folded[name]?.activeAt ?? report.at
        unfollowedSince[name] = since
        return report.at.since(since) >= report.rule.pendingTime ? count : 0
    }

    /// Tells of those that there is no room for.
    private mutating func fold(_ count: Int, _ report: RuleReport, _ wording: RuleWording) -> [Transition] {
        let name = report.rule.name
        guard count > 0 else { return missFolded(report) }
        let collector = report.findings.first?.labels["collector"] ?? folded[name]?.labels["collector"]
        let labels = wording.foldedLabels(collector: collector)
        let known = folded[name].flatMap { $0.labels == labels ? $0 : nil }
        var steps = known == nil ? endFolded(name, at: report.at) : []
        let words = "\(count) more alerts of \(name) would fire than the \(room(report.rule)) of detection.max_alerts that are told one by one."
        let id = AlertID(labels: labels)
        let alert = Alert(
            id: id, rule: name, severity: report.rule.severity, labels: labels, annotations: ["summary": words, "folded_alerts": "\(count)"],
            state: .firing, activeAt: known?.activeAt ?? report.at, firedAt: known?.firedAt ?? report.at, lastHeld: report.at, value: Double(count),
            words: words, folded: count, key: id, wording: wording.id)
        folded[name] = alert
        if known?.keepFiringSince != nil { isChanged = true }
        if known == nil {
            isChanged = true
            resolved.removeAll { $0.id == id }
            steps.append(Transition(change: .firing, alert: alert))
        }
        return steps
    }

    /// There is room for all of a rule: what stood for the others goes on for as long as any alert of the rule would.
    private mutating func missFolded(_ report: RuleReport) -> [Transition] {
        let name = report.rule.name
        guard let alert = folded[name], restored[name]?.isFolded != true else { return [] }
        let since = alert.keepFiringSince ?? report.at
        if report.at.since(since) >= report.rule.keepFiringTime { return endFolded(name, at: report.at) }
        if alert.keepFiringSince == nil {
            folded[name]?.keepFiringSince = since
            isChanged = true
        }
        return []
    }

    private mutating func endFolded(_ name: String, at time: Timestamp) -> [Transition] {
        guard var alert = folded.removeValue(forKey: name) else { return [] }
        restored[name]?.isFolded = false
        isChanged = true
        alert.state = .resolved
        alert.resolvedAt = max(time, alert.startsAt)
        remember(alert)
        return [Transition(change: .resolved, alert: alert)]
    }

    private mutating func remember(_ alert: Alert) {
        resolved.removeAll { $0.id == alert.id }
        resolved.append(alert)
        if resolved.count > max(maximum, 100) { resolved.removeFirst(resolved.count - max(maximum, 100)) }
    }

    private mutating func forget(at now: Timestamp) {
        let count = resolved.count
        resolved.removeAll { now.since($0.resolvedAt ?? now) > Self.memoryOfResolved }
        if resolved.count != count { isChanged = true }
    }
}
