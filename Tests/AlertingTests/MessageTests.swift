import Alerting
import Detection
import FlowModel
import Foundation
import Testing

@Suite("What receivers get")
struct MessageTests {
    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private let surroundings = OutgoingAlert.Surroundings(
        externalLabels: ["cluster": "prod-1", "severity": "no"], externalURL: "https://weir.example.org")

    @Test("Labels of the installation are put on where there are none, and the link leads to the alert's page")
    func outgoing() throws {
        let alert = try #require(Made.firing(["shop"]).first)
        let outgoing = OutgoingAlert(alert, surroundings)
        #expect(outgoing.labels == alert.labels.merging(["cluster": "prod-1"]) { own, _ in own })
        #expect(outgoing.generatorURL == "https://weir.example.org/alerts/\(alert.id)")
        #expect(outgoing.fingerprint != alert.id)
        #expect(OutgoingAlert(alert, .init()).generatorURL.isEmpty)
    }

    @Test("Alertmanager is told that what fires ends in four minutes, and of what has ended when")
    func alertmanager() throws {
        var book = AlertBook()
        _ = book.take(Made.report(Made.rule(), ["a", "b"], at: 0), now: Made.at(0))
        _ = book.take(Made.report(Made.rule(), ["b"], at: 15), now: Made.at(15))
        let body = AlertmanagerMessage.body((book.resolved + book.alerts).map { OutgoingAlert($0, surroundings) }, at: Made.at(20))
        let list = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [[String: Any]])
        #expect(list.map { $0["startsAt"] as? String } == ["2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20.000Z"])
        #expect(list.map { $0["endsAt"] as? String } == ["2026-09-21T14:13:35.000Z", "2026-09-21T14:17:40.000Z"])
        #expect((list[0]["labels"] as? [String: String])?["cluster"] == "prod-1")
        #expect(Set(list[0].keys) == ["labels", "annotations", "startsAt", "endsAt", "generatorURL"])
        // A clock that was set back: an end before the beginning would be refused, and all that is sent with it.
        let early = String(decoding: AlertmanagerMessage.body(book.alerts.map { OutgoingAlert($0, surroundings) }, at: Made.at(-3600)), as: UTF8.self)
        #expect(early.contains(#""endsAt":"2026-09-21T14:17:20.000Z""#))
    }

    @Test("A webhook gets Alertmanager's payload, version 4")
    func webhook() throws {
        var book = AlertBook()
        _ = book.take(Made.report(Made.rule(), ["a", "b"], at: 0), now: Made.at(0))
        _ = book.take(Made.report(Made.rule(), ["b"], at: 15), now: Made.at(15))
        let message = WebhookMessage(rule: "Traffic\"Spike", alerts: (book.resolved + book.alerts).map { OutgoingAlert($0, surroundings) })
        let body = try object(message.body(externalURL: "https://weir.example.org"))
        #expect(
            Set(body.keys) == [
                "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations", "externalURL",
                "alerts",
            ])
        #expect(body["version"] as? String == "4" && body["status"] as? String == "firing" && body["truncatedAlerts"] as? Int == 0)
        #expect(body["groupKey"] as? String == #"{}:{alertname="Traffic\"Spike"}"#)
        #expect(
            body["commonLabels"] as? [String: String] == [
                "alertname": "TrafficSpike", "severity": "warning", "destination_namespace": "db", "cluster": "prod-1",
            ])
        let alerts = try #require(body["alerts"] as? [[String: Any]])
        #expect(Set(alerts[0].keys) == ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"])
        #expect(alerts.map { $0["status"] as? String } == ["resolved", "firing"])
        #expect(alerts.map { $0["endsAt"] as? String } == ["2026-09-21T14:13:35.000Z", "0001-01-01T00:00:00Z"])
        #expect(alerts[0]["fingerprint"] as? String == message.alerts[0].fingerprint.description)
        #expect(
            try object(WebhookMessage(rule: "A", alerts: Array(message.alerts.prefix(1))).body(externalURL: nil))["status"] as? String == "resolved")
    }

    @Test("Evidence is one line of JSON that fits into an annotation, however much there is of it")
    func evidence() throws {
        var finding = Made.finding("shop", details: ["a group of two"])
        finding.measure.score = .infinity
        let small = try object(Array(EvidenceText.json(Made.evidence(finding, at: 0)).utf8))
        #expect(Set(small.keys) == ["value", "expected", "limit", "unit", "score", "judge", "details", "exporters", "pairs", "flows"])
        #expect(small["score"] as? String == "+Inf")
        let pair = try #require((small["pairs"] as? [[String: Any]])?.first)
        #expect(pair["source_pod"] as? String == "web-0" && pair["share_of_change"] as? Double == 0.5)
        let large = EvidenceText.json(Made.evidence(finding, at: 0, pairs: 30, flows: 500))
        #expect(large.utf8.count <= EvidenceText.longest && large.utf8.count > EvidenceText.longest / 2)
        let read = try object(Array(large.utf8))
        #expect((read["left_out"] as? Int ?? 0) > 400 && (read["pairs"] as? [Any])?.count == 30)
        finding.details = (0..<100).map { _ in String(repeating: "ä\u{1}", count: 1000) }
        #expect(EvidenceText.json(Made.evidence(finding, at: 0)).utf8.count <= EvidenceText.longest)
        #expect(!large.contains("\n"))
    }

    @Test("A step of an alert is one line of JSON")
    func line() throws {
        var book = AlertBook()
        let step = try #require(book.take(Made.report(Made.rule(for: 30), ["shop"], at: 0), now: Made.at(0)).first)
        let line = TransitionLine.text(step, surroundings, at: Made.at(1))
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1 && line.last == UInt8(ascii: "\n"))
        let read = try object(line)
        #expect(read["change"] as? String == "pending" && read["alert"] as? String == "TrafficSpike" && read["value"] as? Double == 2_000_000)
        #expect(read["time"] as? String == "2026-09-21T14:13:21.000Z" && read["activeAt"] as? String == "2026-09-21T14:13:20.000Z")
        #expect(read["id"] as? String == step.alert.id.description && read["startsAt"] == nil)
        #expect((read["labels"] as? [String: String])?["cluster"] == "prod-1")
    }
}
