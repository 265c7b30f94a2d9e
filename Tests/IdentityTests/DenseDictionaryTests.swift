import Identity
import Support
import Testing

@Suite("A dense dictionary") struct DenseDictionaryTests {
    @Test("It holds what a dictionary would, whatever is put in and taken out")
    func asDictionary() {
        var generator = SeededGenerator(seed: 4)
        var dense = DenseDictionary<String, Int>()
        var expected: [String: Int] = [:]
        // Grows, then shrinks to nothing, then grows again.
        for (steps, likelihood) in [(3000, 0.8), (6000, 0.2), (1000, 0.7)] {
            for step in 0..<steps {
                let key = "key-\(Int.random(in: 0..<2000, using: &generator))"
                if Double.random(in: 0..<1, using: &generator) < likelihood {
                    dense[key] = step
                    expected[key] = step
                } else {
                    dense[key] = nil
                    expected[key] = nil
                }
                if step % 100 == 0 {
                    dense.change(key) { $0 = -step }
                    if expected[key] != nil { expected[key] = -step }
                }
            }
            #expect(dense.count == expected.count && dense.isEmpty == expected.isEmpty)
            #expect(Dictionary(uniqueKeysWithValues: dense.map { ($0.key, $0.value) }) == expected)
            #expect(Set(dense.keys) == Set(expected.keys))
            for number in 0..<2000 { #expect(dense["key-\(number)"] == expected["key-\(number)"]) }
        }
    }

    @Test("It may be empty, and be emptied")
    func empty() {
        var dense = DenseDictionary<Int, Int>()
        #expect(dense.isEmpty && dense[1] == nil)
        dense[1] = nil
        dense.change(1) { $0 = 2 }
        for key in 0..<600 { dense[key] = key }
        for key in 0..<600 { dense[key] = nil }
        #expect(dense.isEmpty && Array(dense.keys).isEmpty)
    }
}
