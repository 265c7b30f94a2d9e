import FlowModel

/// What is to be told to whom, and what became of it: `Delivery` without its threads, its sockets and its disk.
struct DeliveryState {
    /// What is kept over a restart.
    struct Saved: Codable {
        var feeds: [String: AlertmanagerFeed] = [:]
        var webhooks: [String: Outbox<WebhookMessage>] = [:]
        var events = PodEventQueue()
    }

    /// A request that is due.
    enum Job {
        case alertmanager(AlertingConfiguration.HTTPReceiver, name: String, [OutgoingAlert])
        case webhook(AlertingConfiguration.HTTPReceiver, name: String, number: UInt64, WebhookMessage, externalURL: String?)
        case event(number: UInt64, PodEvent)
    }

    private static let webhookLimits = Outbox<WebhookMessage>.Limits(count: 1000, age: 86_400_000_000_000)

    var configuration: AlertingConfiguration
    var surroundings: OutgoingAlert.Surroundings
    var queues: Saved
    /// Those that fire, and those that have ended.
    var alerts: [Alert] = []
    var counts = DeliveryCounts()
    var random: SplitMix64
    /// Receivers that fail, with the reason that was reported.
    var troubles: [String: String] = [:]
    var isChanged = false
    var isStopped = false

    // MARK: Queues

    /// Makes queues for the receivers that are configured, and gives up those of others.
    mutating func adopt(hasKubernetes: Bool) -> [Delivery.Report] {
        var lost: [Delivery.Report] = []
        let alertmanagers = Set(configuration.alertmanagers.map(\.url))
        queues.feeds = queues.feeds.filter { alertmanagers.contains($0.key) }
        for url in alertmanagers where queues.feeds[url] == nil { queues.feeds[url] = AlertmanagerFeed() }
        let webhooks = Set(configuration.webhooks.map(\.url))
        for (url, outbox) in queues.webhooks where !webhooks.contains(url) {
            queues.webhooks[url] = nil
            if outbox.count > 0 {
                let name = Self.name(of: AlertingConfiguration.HTTPReceiver(url: url), among: [], "webhook")
                lost += drop(name, "unconfigured", outbox.count, "it is not configured any more")
            }
        }
        for url in webhooks where queues.webhooks[url] == nil { queues.webhooks[url] = Outbox() }
        if configuration.kubernetesEvents == .disabled {
            queues.events = PodEventQueue()
        } else if !hasKubernetes {
            lost.append(
                Delivery.Report(
                    severity: .warning, message: "alerting.kubernetes_events is enabled, but no cluster is known: no Events are written",
                    receiver: "kubernetes"))
        }
        return lost
    }

    /// Takes up the alerts as they are now. Of those that have ended and are forgotten, Alertmanagers that were never told of it won't be.
    mutating func take(_ alerts: [Alert]) -> [Delivery.Report] {
        let forgotten = Set(self.alerts.lazy.filter { $0.state == .resolved }.map(\.id)).subtracting(alerts.map(\.id))
        let gone = forgotten.isEmpty ? [] : self.alerts.filter { forgotten.contains($0.id) }
        self.alerts = alerts
        var lost: [Delivery.Report] = []
        for receiver in configuration.alertmanagers {
            guard let feed = queues.feeds[receiver.url] else { continue }
            let untold = gone.count { !feed.knows($0) }
            guard untold > 0 else { continue }
            let name = Self.name(of: receiver, among: configuration.alertmanagers, "alertmanager")
            lost += drop(name, "forgotten", untold, "it was away for longer than they are remembered")
        }
        return lost
    }

    mutating func addToWebhooks(_ transitions: [Transition], _ now: Timestamp) -> [Delivery.Report] {
        var lost: [Delivery.Report] = []
        guard !configuration.webhooks.isEmpty else { return [] }
        var rules: [String] = []
        for step in transitions where !rules.contains(step.alert.rule) { rules.append(step.alert.rule) }
        for rule in rules {
            let alerts = transitions.filter { $0.alert.rule == rule }.map { OutgoingAlert($0.alert, surroundings) }
            for start in stride(from: 0, to: alerts.count, by: WebhookMessage.largest) {
                let part = Array(alerts[start..<min(start + WebhookMessage.largest, alerts.count)])
                for receiver in configuration.webhooks {
                    let message = WebhookMessage(rule: rule, alerts: part)
                    let out = queues.webhooks[receiver.url, default: Outbox()].add(message, weight: part.count, at: now, Self.webhookLimits)
                    guard !out.isEmpty else { continue }
                    let name = Self.name(of: receiver, among: configuration.webhooks, "webhook")
                    lost += drop(name, "no_room", out.reduce(0) { $0 + $1.weight }, "\(Self.webhookLimits.count) alerts wait for it already")
                }
            }
        }
        return lost
    }

    mutating func addEvents(_ alert: Alert, _ now: Timestamp) -> [Delivery.Report] {
        let lost = queues.events.add(alert, at: now)
        isChanged = true
        return lost == 0 ? [] : drop("kubernetes", "no_room", lost, "\(PodEventQueue.limits.count) Events wait already")
    }

    mutating func drop(_ receiver: String, _ reason: String, _ count: Int, _ words: String) -> [Delivery.Report] {
        counts.dropped[DeliveryCounts.Loss(receiver: receiver, reason: reason), default: 0] &+= UInt64(count)
        isChanged = true
        return [Delivery.Report(severity: .error, message: "\(count) notifications were given up: \(words)", receiver: receiver)]
    }

    /// What a receiver is called in metrics and in the log: its kind, and of its URL no more than the host, since what follows may be a secret.
    private static func name(of receiver: AlertingConfiguration.HTTPReceiver, among all: [AlertingConfiguration.HTTPReceiver], _ kind: String)
        -> String
    {
        let origin = origin(receiver.url)
        let same = all.filter { Self.origin($0.url) == origin }
        guard same.count > 1, let index = same.firstIndex(where: { $0.url == receiver.url }), index > 0 else { return "\(kind):\(origin)" }
        return "\(kind):\(origin)#\(index + 1)"
    }

    private static func origin(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }

    /// Gives up what is too old, and adds what is due again.
    mutating func expire(_ now: Timestamp, hasKubernetes: Bool) -> [Delivery.Report] {
        var lost: [Delivery.Report] = []
        for receiver in configuration.webhooks {
            let name = Self.name(of: receiver, among: configuration.webhooks, "webhook")
            if let old = queues.webhooks[receiver.url]?.expire(at: now, Self.webhookLimits), !old.isEmpty {
                lost += drop(name, "too_old", old.reduce(0) { $0 + $1.weight }, "it was away for a day")
            }
        }
        if configuration.kubernetesEvents == .enabled, hasKubernetes {
            let old = queues.events.outbox.expire(at: now, PodEventQueue.limits)
            if !old.isEmpty { lost += drop("kubernetes", "too_old", old.count, "the API server was away for an hour") }
            for alert in queues.events.due(alerts.filter { $0.state == .firing }, at: now) { lost += addEvents(alert, now) }
        }
        return lost
    }

    // MARK: What is due

    /// What is to be sent now.
    mutating func jobs(_ now: Timestamp, hasKubernetes: Bool) -> [Job] {
        guard !isStopped else { return [] }
        var jobs: [Job] = []
        for receiver in configuration.alertmanagers {
            queues.feeds[receiver.url]?.forget(allBut: alerts)
            guard let batch = queues.feeds[receiver.url]?.next(alerts, at: now), !batch.isEmpty else { continue }
            let name = Self.name(of: receiver, among: configuration.alertmanagers, "alertmanager")
            jobs.append(.alertmanager(receiver, name: name, batch.map { OutgoingAlert($0, surroundings) }))
        }
        for receiver in configuration.webhooks {
            guard let item = queues.webhooks[receiver.url]?.next(at: now) else { continue }
            let name = Self.name(of: receiver, among: configuration.webhooks, "webhook")
            jobs.append(.webhook(receiver, name: name, number: item.number, item.content, externalURL: surroundings.externalURL))
        }
        if configuration.kubernetesEvents == .enabled, hasKubernetes, let item = queues.events.outbox.next(at: now) {
            jobs.append(.event(number: item.number, item.content))
        }
        return jobs
    }

    /// What became of it all so far, and what waits.
    var countsNow: DeliveryCounts {
        var counts = self.counts
        for receiver in configuration.alertmanagers {
            let name = Self.name(of: receiver, among: configuration.alertmanagers, "alertmanager")
            counts.waiting[name] = queues.feeds[receiver.url]?.untold ?? 0
        }
        for receiver in configuration.webhooks {
            let name = Self.name(of: receiver, among: configuration.webhooks, "webhook")
            counts.waiting[name] = queues.webhooks[receiver.url]?.count ?? 0
        }
        if configuration.kubernetesEvents == .enabled { counts.waiting["kubernetes"] = queues.events.outbox.count }
        return counts
    }
}
