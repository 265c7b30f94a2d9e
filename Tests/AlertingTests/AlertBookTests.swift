import Alerting
import Detection
import FlowModel
import Foundation
import StateFile
import Support
import Testing

@Suite("The life of an alert")
struct AlertBookTests {
    /// Steps as "change rule/namespace".
    private func steps(_ transitions: [Transition]) -> [String] {
        transitions.map { "\($0.change.rawValue) \($0.alert.labels["source_namespace"] ?? "folded")" }
    }

    private func take(_ book: inout AlertBook, _ rule: Rule, _ namespaces: [String], at seconds: Double) -> [String] {
        steps(book.take(Made.report(rule, namespaces, at: seconds), now: Made.at(seconds)))
    }

    @Test("Without for it fires at once, and resolves when it no longer holds")
    func plain() throws {
        var book = AlertBook()
        #expect(take(&book, Made.rule(), ["shop"], at: 0) == ["firing shop"])
        #expect(take(&book, Made.rule(), ["shop"], at: 15) == [])
        let alert = try #require(book.alerts.first)
        #expect(alert.startsAt == Made.at(0) && alert.lastHeld == Made.at(15) && alert.state == .firing)
        #expect(take(&book, Made.rule(), [], at: 30) == ["resolved shop"])
        #expect(book.alerts.isEmpty)
        #expect(book.resolved.map(\.resolvedAt) == [Made.at(30)])
        #expect(take(&book, Made.rule(), [], at: 45) == [])
        #expect(take(&book, Made.rule(), ["shop"], at: 60) == ["firing shop"])
        #expect(book.resolved.isEmpty && book.alerts.first?.startsAt == Made.at(60))
    }

    @Test("It is pending for as long as the rule says, and nobody is told of one that does not last")
    func pending() {
        var book = AlertBook()
        let rule = Made.rule(for: 30)
        #expect(take(&book, rule, ["shop"], at: 0) == ["pending shop"])
        #expect(take(&book, rule, ["shop"], at: 15) == [])
        #expect(take(&book, rule, ["shop"], at: 30) == ["firing shop"])
        #expect(book.alerts.first?.activeAt == Made.at(0) && book.alerts.first?.startsAt == Made.at(30))
        #expect(take(&book, rule, ["shop", "test"], at: 45) == ["pending test"])
        #expect(take(&book, rule, ["shop"], at: 60) == ["withdrawn test"])
        #expect(take(&book, rule, ["shop", "test"], at: 75) == ["pending test"])
        #expect(book.resolved.isEmpty)
    }

    @Test("It goes on firing for keep_firing_for, and is the same alert when it holds again within that")
    func keepFiring() {
        var book = AlertBook()
        let rule = Made.rule(keepFiring: 60)
        #expect(take(&book, rule, ["shop"], at: 0) == ["firing shop"])
        #expect(take(&book, rule, [], at: 15) == [])
        #expect(book.alerts.first?.keepFiringSince == Made.at(15) && book.alerts.first?.lastHeld == Made.at(0))
        #expect(take(&book, rule, ["shop"], at: 60) == [])
        #expect(book.alerts.first?.keepFiringSince == nil)
        #expect(take(&book, rule, [], at: 75) == [])
        #expect(take(&book, rule, [], at: 134) == [])
        #expect(take(&book, rule, [], at: 135) == ["resolved shop"])
    }

    @Test("A rule that could not be evaluated keeps its alerts; one that is gone resolves them")
    func rules() {
        var book = AlertBook()
        _ = take(&book, Made.rule("A"), ["shop"], at: 0)
        _ = take(&book, Made.rule("B"), ["shop"], at: 0)
        #expect(take(&book, Made.rule("B"), ["shop"], at: 600) == [])
        #expect(book.alerts.count == 2)
        #expect(book.keepOnly(rules: ["A", "B"], now: Made.at(610)).isEmpty)
        #expect(book.keepOnly(rules: ["B"], now: Made.at(615)).map(\.alert.rule) == ["A"])
        #expect(book.alerts.map(\.rule) == ["B"] && book.resolved.map(\.resolvedAt) == [Made.at(615)])
    }

    @Test("Labels are the finding's, the rule's with their templates, alertname and severity; none is empty")
    func labels() throws {
        var book = AlertBook()
        let rule = Made.rule {
            $0.labels = [
                "team": "{{ $labels.source_namespace }}-owners", "size": "{{ $value | humanize }}", "none": "{{ $labels.none }}", "alertname": "no",
            ]
            $0.annotations = ["runbook": "https://example.org/{{ $labels.source_namespace }}", "summary": "{{ $value | humanize }}B/s"]
        }
        let first = try #require(book.take(Made.report(rule, ["shop"], at: 0), now: Made.at(0)).first)
        #expect(
            first.alert.labels == [
                "alertname": "TrafficSpike", "severity": "warning", "source_namespace": "shop", "destination_namespace": "db", "team": "shop-owners",
                "size": "2M",
            ])
        #expect(first.alert.annotations == ["runbook": "https://example.org/shop", "summary": "2MB/s"])
        #expect(first.alert.id == AlertID(labels: first.alert.labels))
        // A label that follows the value would make another alert of it each time; it stays as it was, while annotations follow.
        #expect(book.take(RuleReport(rule: rule, findings: [Made.finding("shop", value: 3e6)], at: Made.at(15)), now: Made.at(15)).isEmpty)
        #expect(book.alerts.first?.labels["size"] == "2M" && book.alerts.first?.annotations["summary"] == "3MB/s")
    }

    @Test("Without annotations of its rule it says what is wrong, and the details")
    func words() {
        var book = AlertBook()
        let report = RuleReport(rule: Made.rule(), findings: [Made.finding("shop", details: ["one", "two"])], at: Made.at(0))
        #expect(
            book.take(report, now: Made.at(0)).first?.alert.annotations == ["summary": "shop sends 2000000 bytes/s to db", "description": "one\ntwo"])
    }

    @Test("A rule that words its labels differently after a reload ends the old alert and goes on with the new one")
    func reworded() {
        var book = AlertBook()
        _ = take(&book, Made.rule(for: 30), ["shop"], at: 0)
        _ = take(&book, Made.rule(for: 30), ["shop"], at: 30)
        let critical = Made.rule(for: 30) { $0.severity = .critical }
        #expect(take(&book, critical, ["shop"], at: 45) == ["resolved shop", "firing shop"])
        #expect(book.alerts.map(\.severity) == [.critical] && book.resolved.map(\.severity) == [.warning])
    }

    @Test("One that is found twice, or gets the labels of another, is one alert")
    func doubles() {
        var book = AlertBook()
        #expect(take(&book, Made.rule(), ["shop", "shop"], at: 0) == ["firing shop"])
        var second = AlertBook()
        let flattening = Made.rule { $0.labels = ["source_namespace": "any"] }
        #expect(take(&second, flattening, ["shop", "test"], at: 0) == ["firing any"])
        #expect(second.alerts.count == 1)
    }

    @Test("More than max_alerts at once are folded into one alert of the rule that says so")
    func folding() throws {
        var book = AlertBook(maximum: 3)
        #expect(take(&book, Made.rule(), ["a", "b", "c", "d", "e"], at: 0) == ["firing a", "firing b", "firing c", "firing folded"])
        let folded = try #require(book.alerts.first { $0.folded != nil })
        #expect(folded.labels == ["alertname": "TrafficSpike", "severity": "warning", "folded": "true"])
        #expect(folded.annotations["folded_alerts"] == "2" && folded.value == 2)
        // A place that becomes free is taken by one of them.
        #expect(take(&book, Made.rule(), ["b", "c", "d", "e"], at: 15) == ["resolved a", "firing d"])
        #expect(book.alerts.first { $0.folded != nil }?.folded == 1)
        #expect(take(&book, Made.rule("Other"), ["x"], at: 15) == ["firing folded"])
        #expect(take(&book, Made.rule(), ["b", "c", "d"], at: 30) == ["withdrawn e", "resolved folded"])
        #expect(take(&book, Made.rule("Other"), ["x"], at: 30) == [])
        #expect(book.keepOnly(rules: ["TrafficSpike"], now: Made.at(40)).map(\.change) == [.withdrawn, .resolved])
    }

    @Test("Info leaves a quarter of the places to what must be looked at")
    func roomForWorse() {
        var book = AlertBook(maximum: 4)
        let info = Made.rule("Quiet") { $0.severity = .info }
        #expect(take(&book, info, ["a", "b", "c", "d"], at: 0) == ["firing a", "firing b", "firing c", "firing folded"])
        #expect(take(&book, Made.rule(), ["x", "y"], at: 15) == ["firing x", "firing folded"])
    }

    @Test("What stands for the others says who saw it, where the others do")
    func foldedCollector() {
        var book = AlertBook(maximum: 1)
        var report = Made.report(Made.rule(), ["a", "b"], at: 0)
        for place in report.findings.indices { report.findings[place].labels["collector"] = "node-1" }
        _ = book.take(report, now: Made.at(0))
        #expect(book.alerts.first { $0.folded != nil }?.labels["collector"] == "node-1")
    }

    @Test("What is followed is bounded, and all that is left out is counted")
    func bounds() {
        var book = AlertBook(maximum: 10)
        let many = (0..<1000).map { "ns-\($0)" }
        #expect(take(&book, Made.rule(), many, at: 0).count == 11)
        #expect(book.alerts.count == 41)
        #expect(book.alerts.first { $0.folded != nil }?.folded == 990)
        #expect(take(&book, Made.rule(), [], at: 15).filter { $0.hasPrefix("resolved") }.count == 11)
        #expect(book.alerts.isEmpty)
        for round in 0..<30 {
            _ = take(&book, Made.rule(), (0..<10).map { "r\(round)-\($0)" }, at: Double(30 + round * 15))
        }
        #expect(book.resolved.count == 100)
        _ = book.take(Made.report(Made.rule(), [], at: 200_000), now: Made.at(200_000))
        #expect(book.resolved.count == 10, "only those of this moment are younger than a day")
    }

    @Test("After a restart it goes on where it was: nothing fires a second time, startsAt stays, evidence is there")
    func restart() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path("state"))
        var book = AlertBook(maximum: 2)
        let rule = Made.rule(for: 30)
        _ = take(&book, rule, ["a", "b", "c", "d"], at: 0)
        let fired = book.take(Made.report(rule, ["a", "b", "c"], at: 30), now: Made.at(30))
        #expect(steps(fired) == ["withdrawn d", "firing a", "firing b", "firing folded"])
        let evidence = Made.evidence(Made.finding("a"), at: 30)
        book.attach(evidence, to: try #require(fired.dropFirst().first).alert.id)
        _ = book.take(Made.report(Made.rule("Gone"), ["x"], at: 30), now: Made.at(30))
        #expect(book.isChanged)
        try directory.write("alerts", version: 1, list: book.save())
        #expect(!book.isChanged)
        guard case .value(let saved) = directory.read("alerts", version: 1, as: [Alert].self) else {
            Issue.record("not read")
            return
        }
        var next = AlertBook(maximum: 2, saved: saved)
        #expect(next.alerts.map(\.id) == book.alerts.map(\.id))
        #expect(next.alerts.first { $0.labels["source_namespace"] == "a" }?.evidence?.pairs == evidence.pairs)
        #expect(next.alerts.first { $0.labels["source_namespace"] == "a" }?.evidence?.history[2].isNaN == true)
        // Not one step, for the same findings; and the pending time goes on.
        #expect(take(&next, rule, ["a", "b", "c"], at: 90) == [])
        #expect(next.alerts.filter { $0.state == .firing && $0.rule == rule.name }.allSatisfy { $0.startsAt == Made.at(30) })
        // Rules whose window begins empty must have the time to find them again, and nothing ends before.
        #expect(take(&next, rule, ["b"], at: 105) == [])
        #expect(take(&next, rule, [], at: 389) == [])
        #expect(take(&next, rule, ["b", "c"], at: 390) == ["resolved a", "firing c", "resolved folded"])
        #expect(take(&next, rule, ["c"], at: 405) == ["resolved b"], "from then on it judges as always")
    }

    @Test("A rule has the time to fill its window after a restart, each from its own first report; what is new ends as always")
    func grace() {
        var settings = Rule.ThresholdSettings()
        settings.window = 900_000_000_000
        let slow = Made.rule("Slow") { $0.settings = .threshold(settings) }
        var book = AlertBook()
        _ = take(&book, Made.rule(), ["a"], at: 0)
        _ = take(&book, slow, ["a"], at: 0)
        var next = AlertBook(maximum: 1000, saved: book.save())
        #expect(take(&next, Made.rule(), [], at: 1000) == [])
        #expect(take(&next, Made.rule(), ["new"], at: 1015) == ["firing new"])
        #expect(take(&next, Made.rule(), [], at: 1030) == ["resolved new"])
        #expect(take(&next, slow, [], at: 1200) == [])
        #expect(take(&next, Made.rule(), [], at: 1300) == ["resolved a"])
        #expect(take(&next, slow, [], at: 2099) == [])
        #expect(take(&next, slow, [], at: 2100) == ["resolved a"])
        // A clock that is set back puts nothing off, and a rule that is gone ends at once.
        var other = AlertBook(maximum: 1000, saved: book.save())
        _ = take(&other, Made.rule(), [], at: 1000)
        #expect(take(&other, Made.rule(), [], at: 0) == ["resolved a"])
        #expect(other.keepOnly(rules: [], now: Made.at(0)).map(\.change) == [.resolved])
    }

    @Test("What others are folded into keeps firing as long as an alert would, and waits for as long")
    func foldedLife() {
        var book = AlertBook(maximum: 1)
        let rule = Made.rule(keepFiring: 60)
        #expect(take(&book, rule, ["a", "b"], at: 0) == ["firing a", "firing folded"])
        #expect(take(&book, rule, ["a"], at: 15) == ["withdrawn b"])
        #expect(take(&book, rule, ["a", "b"], at: 30) == [], "it does not flap")
        #expect(take(&book, rule, ["a"], at: 45) == ["withdrawn b"])
        #expect(take(&book, rule, ["a"], at: 104) == [])
        #expect(take(&book, rule, ["a"], at: 105) == ["resolved folded"])
        var full = AlertBook(maximum: 1)
        let waiting = Made.rule(for: 30)
        let many = (0..<10).map { "ns-\($0)" }
        #expect(take(&full, waiting, many, at: 0).allSatisfy { $0.hasPrefix("pending") }, "none has held for long enough")
        #expect(take(&full, waiting, Array(many.prefix(4)), at: 15).isEmpty)
        #expect(take(&full, waiting, many, at: 30) == ["firing ns-0", "firing folded"])
        #expect(full.alerts.last { $0.folded != nil }?.folded == 3, "those that are not followed begin to wait anew")
        #expect(take(&full, waiting, many, at: 60).isEmpty)
        #expect(full.alerts.last { $0.folded != nil }?.folded == 9)
    }
}

@Suite("Fingerprints")
struct AlertIDTests {
    @Test("They are FNV-1a over names and values in order; the real Alertmanager's are compared in AlertmanagerTests")
    func known() {
        #expect(AlertID(labels: [:]).description == "cbf29ce484222325")
        #expect(AlertID(labels: ["a": "b", "c": "d"]) != AlertID(labels: ["a": "bc", "d": ""]))
        #expect(AlertID("cbf29ce484222325") == AlertID(labels: [:]))
        for text in ["", "CBF29CE484222325", "cbf29ce48422232", "cbf29ce4842223255", "+bf29ce484222325", "../etc/passwd123"] {
            #expect(AlertID(text) == nil)
        }
    }
}
