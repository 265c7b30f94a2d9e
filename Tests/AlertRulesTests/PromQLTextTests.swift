import Support
import Testing

@Suite("What is read off an expression")
struct PromQLTextTests {
    @Test("Windows are found in ranges and subqueries, in seconds")
    func windows() {
        let text = PromQLText("max_over_time(rate(a[20m])[1h30m:1m]) / b[1w] # c[1s]\n + d{e=\"[2s]\"}[$window]")
        #expect(text.windows == [1200, 5400, 604_800, nil])
        #expect(PromQLText.seconds("1d") == 86400)
        #expect(PromQLText.seconds("20") == nil)
        #expect(PromQLText.seconds("m20m") == nil)
        #expect(PromQLText.leastWindow == 1200)
    }

    @Test("Metrics are told from functions, words, labels, numbers and strings")
    func metrics() {
        let text = PromQLText(
            """
            1e3 * sum by (a, b) (rate(m_total{c="d(e)", f!~"g"}[20m] offset 1h)) / on (h) group_left (i) level:n:rate20m > 0.5
              unless on () topk(5, o) and p == bool 1
            """)
        #expect(Set(text.selections.map(\.metric)) == ["m_total", "level:n:rate20m", "o", "p"])
        #expect(text.selections.first { $0.metric == "m_total" }?.labels == ["c", "f"])
        #expect(text.groupingLabels == ["a", "b", "h", "i"])
    }
}
