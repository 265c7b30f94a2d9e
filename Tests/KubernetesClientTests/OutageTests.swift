import FlowModel
import KubernetesClient
import Testing

@Suite("What is said of outages, and until when everything is known") struct OutageTests {
    private func report(_ subject: WatchReport.Subject, _ message: String) -> WatchReport {
        WatchReport(severity: .warning, message: message, subject: subject)
    }

    @Test("An outage is said once for all watches, and once that it is over; also where one of them is refused afterwards")
    func outages() {
        let scopes = [Scope(.pods), Scope(.nodes), Scope(.services)]
        var reports = OutageReports(watches: 3)
        for _ in 0..<2 {
            #expect(reports.take(report(.trouble(scopes[0], .unreachable), "away"))?.message.hasPrefix("away") == true)
            #expect(reports.take(report(.trouble(scopes[1], .unreachable), "away")) == nil)
            #expect(reports.take(report(.trouble(scopes[2], .unreachable), "away")) == nil)
            #expect(reports.take(report(.recovery(scopes[0]), "back")) == nil)
            #expect(reports.take(report(.recovery(scopes[2]), "back")) == nil)
            // That it is forbidden is said by itself, and ends the outage.
            #expect(reports.take(report(.trouble(scopes[1], .forbidden), "no"))?.message == "no")
        }
        #expect(reports.take(report(.trouble(scopes[1], .cut), "cut")) != nil)
        #expect(reports.take(report(.recovery(scopes[1]), "back"))?.message == "back")
    }

    @Test(
        "What is known of pods is known until the last word of the watch that has been silent for longest; of pods that may not be watched nothing is"
    )
    func known() {
        func watch(_ namespace: String?, _ resource: Resource, _ second: Int64) -> WatchStatus {
            var status = WatchStatus(scope: Scope(resource, in: namespace))
            (status.isListed, status.isCurrent, status.lastEvent) = (true, true, Timestamp(seconds: second))
            return status
        }
        var status = KubernetesStatus(watches: [watch("a", .pods, 100), watch("b", .pods, 40), watch(nil, .nodes, 1)])
        #expect(status.known(.pods) == Timestamp(seconds: 40))
        status.watches[1].isCurrent = false
        #expect(status.known(.pods) == nil && status.known(.nodes) == Timestamp(seconds: 1))
        status.watches[1].isCurrent = true
        status.watches[1].refusal = .forbidden
        #expect(status.known(.pods) == nil)
    }
}
