import Metrics
import Testing

@Suite("Which form a scraper gets")
struct ExpositionFormatTests {
    @Test(
        "Prometheus, curl and browsers get what they ask for",
        arguments: [
            (nil, ExpositionFormat.text004),
            ("", .text004),
            ("*/*", .text004),
            ("text/plain", .text004),
            ("application/json", .text004),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", .text004),
            // Prometheus 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                .openMetrics100
            ),
            // Prometheus 3, protobuf first
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                    + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                .openMetrics100
            ),
            ("application/openmetrics-text; version=0.0.1", .text004),
            ("application/openmetrics-text", .openMetrics100),
            ("APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.9 , text/plain ; q=0.8", .openMetrics100),
            ("application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.7", .text004),
            ("application/openmetrics-text;q=0,text/plain;q=0.1", .text004),
            ("application/openmetrics-text;q=nan", .openMetrics100),
            (",;,=;q", .text004),
        ] as [(String?, ExpositionFormat)])
    func negotiation(accept: String?, expected: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == expected)
    }
}
