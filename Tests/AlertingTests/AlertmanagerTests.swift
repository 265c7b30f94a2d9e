import Alerting
import Detection
import FlowModel
import Foundation
import StateFile
import Support
import Testing

@Suite("Delivery to a real Alertmanager", .serialized)
struct AlertmanagerTests {
    /// A book and a delivery as the service has them.
    private final class Weir {
        var book: AlertBook
        let delivery: Delivery
        private let directory: StateDirectory

        init(_ alertmanager: RunningAlertmanager, state: String) throws {
            directory = try StateDirectory(path: state)
            var configuration = AlertingConfiguration()
            configuration.alertmanagers = [.init(url: alertmanager.url)]
            configuration.externalLabels = ["cluster": "prod-1"]
            configuration.log = .disabled
            delivery = Delivery(
                configuration, externalURL: "https://weir.example.org", directory: directory, kubernetes: nil, instance: "weir-0", seed: 1,
                clock: SystemClock.now
            ) { _ in }
            book = AlertBook(maximum: 1000, saved: Delivery.savedAlerts(in: directory).alerts)
        }

        /// An evaluation, of a tick that ended so long ago, in which this, and nothing else, is wrong.
        func evaluate(_ names: [String], rule: Rule = Made.rule(), ago: Int64 = 0) {
            let now = SystemClock.now()
            let findings = names.map { Made.finding($0) }
            var steps = book.take(RuleReport(rule: rule, findings: findings, at: now.advanced(by: -ago)), now: now)
            for index in steps.indices where steps[index].change == .firing {
                guard let finding = steps[index].finding else { continue }
                let evidence = Made.evidence(finding, at: 0)
                book.attach(evidence, to: steps[index].alert.id)
                steps[index].alert.evidence = evidence
            }
            delivery.take(steps, alerts: told, now: now)
            delivery.keep(book.save())
        }

        func tick() { delivery.tick(alerts: told, now: SystemClock.now()) }

        func stop() { delivery.stop(alerts: book.save()) }

        private var told: [Alert] { book.alerts.filter { $0.state == .firing } + book.resolved }
    }

    @Test("Alerts arrive grouped, with labels, annotations and a link, are the same by fingerprint, and resolve")
    func grouped() async throws {
        let alertmanager = try await RunningAlertmanager(groupBy: ["alertname", "cluster"])
        let folder = try TemporaryFolder()
        let weir = try Weir(alertmanager, state: folder.path("state"))
        weir.evaluate(["shop", "web", "batch"])
        try await waitUntil("the group arrives") { alertmanager.notifications.last?.alerts.count == 3 }
        let group = try #require(alertmanager.notifications.last)
        #expect(group.status == "firing" && group.groupLabels == ["alertname": "TrafficSpike", "cluster": "prod-1"])
        let alerts = try await alertmanager.query(["source_namespace=shop"])
        let alert = try #require(alerts.first)
        #expect(alerts.count == 1)
        #expect(
            alert.labels == [
                "alertname": "TrafficSpike", "severity": "warning", "source_namespace": "shop", "destination_namespace": "db", "cluster": "prod-1",
            ])
        #expect(alert.annotations["summary"] == "shop sends 2000000 bytes/s to db")
        #expect(alert.annotations["evidence"]?.contains(#""source_pod":"web-0""#) == true)
        #expect(alert.fingerprint == AlertID(labels: alert.labels).description)
        let own = try #require(weir.book.alerts.first { $0.labels["source_namespace"] == "shop" })
        #expect(alert.generatorURL == "https://weir.example.org/alerts/\(own.id)")
        if let place = ProcessInfo.processInfo.environment["WEIR_SHOW_ALERT"] {
            let text = try await ChildProcess.run("curl", ["-s", "\(alertmanager.url)/api/v2/alerts?filter=source_namespace=shop"]).output
            try Data(text.utf8).write(to: URL(filePath: place))
        }
        weir.evaluate(["web", "batch"])
        try await waitUntil("the end of one arrives") { alertmanager.told("resolved").count == 1 }
        weir.evaluate([])
        try await waitUntil("the end of all arrives") { alertmanager.told("resolved").count == 3 }
        #expect(alertmanager.notifications.last?.status == "resolved")
        try await waitUntil("none is left") { try await alertmanager.query().isEmpty }
        weir.stop()
        try await alertmanager.stop()
    }

    @Test("Stopped and started during a burst, with a restart of Weir in it, it loses nothing and tells of nothing twice")
    func burst() async throws {
        // Each alert is a group of its own, so that the receiver's notifications can be counted.
        let alertmanager = try await RunningAlertmanager(groupBy: ["..."])
        let folder = try TemporaryFolder()
        var weir = try Weir(alertmanager, state: folder.path("state"))
        let names = (0..<240).map { "ns-\($0)" }
        let before = Array(names.prefix(120))
        weir.evaluate(before)
        try await waitUntil("the first part of the burst is told") { alertmanager.told("firing").count == 120 }
        try await alertmanager.stop()

        // While it is away some end, others begin, one begins and ends, and Weir itself is restarted.
        let during = Array(names[40...])
        weir.evaluate(during)
        weir.evaluate(during + ["short"])
        weir.evaluate(during)
        try await waitUntil("it is missed") { weir.delivery.counts.failed.values.reduce(0, +) > 0 }
        #expect(weir.delivery.counts.waiting.values.reduce(0, +) > 100)
        weir.stop()
        weir = try Weir(alertmanager, state: folder.path("state"))
        #expect(weir.book.alerts.count == 200)
        // So long ago that the rule has had the time to find them again.
        weir.evaluate(during, ago: AlertBook.graceAfterRestart)

        try await alertmanager.start()
        try await waitUntil("all is told", within: 60) {
            weir.tick()
            return alertmanager.told("firing").count == 240 && alertmanager.told("resolved").count == 40
        }
        let active = try await alertmanager.query()
        #expect(Set(active.compactMap { $0.labels["source_namespace"] }) == Set(during))
        #expect(active.count == 200)
        for alert in active { #expect(alert.fingerprint == AlertID(labels: alert.labels).description) }
        // Those of before the stop are told of once: the same alert, with the same beginning.
        weir.evaluate([])
        try await waitUntil("all ends") { alertmanager.told("resolved").count == 240 }
        #expect(alertmanager.told("firing").values.allSatisfy { $0 == 1 })
        #expect(alertmanager.told("resolved").values.allSatisfy { $0 == 1 })
        weir.stop()
        try await alertmanager.stop()
    }
}
