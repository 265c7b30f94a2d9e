import Simulator
import Testing

@Suite("The script of incidents")
struct ScenarioTests {
    @Test("Weir's script has an incident of each kind", arguments: Incident.Teller.allCases)
    func kinds(teller: Incident.Teller) {
        let (script, loop) = Incident.script(teller)
        if teller == .weir { #expect(Set(script.map(\.effect)) == Set(Incident.Effect.allCases)) }
        #expect(Set(script.map(\.name)).count == script.count)
        #expect(script.allSatisfy { !$0.alerts.isEmpty && $0.told > 0 && $0.start + $0.duration <= loop })
        // An alert must come while its cause is there, or before it can be told that it is over.
        #expect(script.allSatisfy { $0.told <= $0.duration + $0.resolved })
    }

    @Test("It begins anew, and each incident has its second")
    func loops() {
        let scenario = Scenario()
        let first = scenario.occurrences(until: scenario.loop - 1)
        #expect(first.map(\.incident.name) == ["spike", "drops", "newcomer", "silence", "congestion", "scan", "exporter"])
        let second = scenario.occurrences(until: 2 * scenario.loop - 1).dropFirst(first.count)
        #expect(second.map(\.start) == first.map { $0.start + scenario.loop })
        #expect(second.allSatisfy { $0.round == 1 })
        for occurrence in first {
            #expect(scenario.active(at: occurrence.start).map(\.incident.name).contains(occurrence.incident.name))
            #expect(!scenario.active(at: occurrence.end).map(\.incident.name).contains(occurrence.incident.name))
            #expect(scenario.next(after: occurrence.start - 1)?.incident.name == occurrence.incident.name)
        }
    }

    @Test("One incident alone comes a minute and a half after the start, and again")
    func only() throws {
        let scenario = try #require(Scenario(only: "scan"))
        #expect(scenario.occurrences(until: 2 * scenario.loop).map(\.incident.name) == ["scan", "scan"])
        #expect(scenario.next(after: 0)?.start == 90)
        #expect(Scenario(only: "flood") == nil)
        #expect(Scenario.quiet.next(after: 0) == nil)
    }
}
