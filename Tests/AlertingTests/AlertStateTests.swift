import Alerting
import Testing

@Suite("States of an alert")
struct AlertStateTests {
    @Test("A state is written in Prometheus' words")
    func words() {
        #expect(AlertState.allCases.map(\.rawValue) == ["pending", "firing", "resolved"])
    }
}
