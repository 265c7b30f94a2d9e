import FlowModel
import Simulator
import Support
import Testing

@Suite("The demo's incidents, rehearsed")
struct RehearsalTests {
    @Test(
        "Each raises its alert within its stated time, and is over within it; nothing else fires",
        arguments: [(UInt64(1), Int64(1_795_262_400)), (3, 1_795_307_880)])
    func script(seed: UInt64, start: Int64) async throws {
        let scenario = Scenario()
        let seconds = scenario.loop + 600
        let told = try await onOwnThread { try Rehearsal(seed: seed, start: Timestamp(seconds: start), scenario: scenario, seconds: seconds).told }
        var others = told
        // Those of the first round have the time to be over.
        for occurrence in scenario.occurrences(until: seconds) {
            for alert in occurrence.incident.alerts {
                let found = told.filter { $0.matches(alert) && $0.fired >= occurrence.start && $0.fired < occurrence.start + scenario.loop }
                others.removeAll { $0.matches(alert) && $0.fired >= occurrence.start && $0.fired < occurrence.start + scenario.loop }
                guard occurrence.end + occurrence.incident.resolved <= seconds else { continue }
                #expect(found.count == 1, "\(occurrence.incident.name): \(alert.name) came \(found.count) times")
                guard let one = found.first else { continue }
                #expect(one.fired - occurrence.start <= occurrence.incident.told, "\(occurrence.incident.name): \(one)")
                let over = try #require(one.resolved, "\(occurrence.incident.name): \(one) is not over")
                #expect(over - occurrence.end <= occurrence.incident.resolved, "\(occurrence.incident.name): \(one)")
            }
        }
        #expect(others.isEmpty, "\(others)")
    }

    @Test("On a quiet day nothing fires", arguments: [(UInt64(2), Int64(1_795_302_000))])
    func quiet(seed: UInt64, start: Int64) async throws {
        let told = try await onOwnThread { try Rehearsal(seed: seed, start: Timestamp(seconds: start), scenario: .quiet, seconds: 3600).told }
        #expect(told.isEmpty, "\(told)")
    }
}
