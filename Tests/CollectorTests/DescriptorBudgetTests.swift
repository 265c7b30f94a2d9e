import Collector
import Testing

@Suite("The file descriptors of the process") struct DescriptorBudgetTests {
    @Test("What all bounds come to is asked for, and TCP connections are given what the rest leaves of it")
    func shared() {
        for (granted, connections) in [(1_000_000, 1024), (1856, 1024), (1855, 1023), (1024, 192), (848, 16), (256, 16), (-1, 16)] {
            var asked = 0
            let budget = DescriptorBudget(streamConnections: 1024, otherConnections: 576) {
                asked = $0
                return granted
            }
            #expect(asked == 1856 && budget.wanted == 1856)
            #expect(budget.granted == granted && budget.streamConnections == connections)
            #expect(budget.isEnough == (granted >= 1856))
        }
        let without = DescriptorBudget(streamConnections: 0, otherConnections: 512) { $0 }
        #expect(without.wanted == 768 && without.streamConnections == 0 && without.isEnough)
    }
}
