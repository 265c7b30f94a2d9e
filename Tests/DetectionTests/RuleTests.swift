import Testing

import Detection

@Suite("Rules")
struct RuleTests {
    @Test("A kind is written as the configuration has it")
    func kinds() {
        #expect(Rule.Kind(rawValue: "connection_failures") == .connectionFailures)
    }
}
