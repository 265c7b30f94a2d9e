import Detection
import Testing

@Suite("Templates of labels and annotations")
struct AlertTemplateTests {
    /// A value, and what promtool 2.42 makes of it: plain, humanized, as a percentage, as a duration.
    private static let printed: [(Double, String, String, String, String)] = [
        (0, "0", "0", "0%", "0s"),
        (1, "1", "1", "100%", "1s"),
        (-1, "-1", "-1", "-100%", "-1s"),
        (0.5, "0.5", "500m", "50%", "500ms"),
        (1.5, "1.5", "1.5", "150%", "1.5s"),
        (12, "12", "12", "1200%", "12s"),
        (999, "999", "999", "9.99e+04%", "16m 39s"),
        (1000, "1000", "1k", "1e+05%", "16m 40s"),
        (999.96, "999.96", "1000", "1e+05%", "16m 39s"),
        (1234, "1234", "1.234k", "1.234e+05%", "20m 34s"),
        (100_000, "100000", "100k", "1e+07%", "1d 3h 46m 40s"),
        (123_456, "123456", "123.5k", "1.235e+07%", "1d 10h 17m 36s"),
        (12345.6789, "12345.6789", "12.35k", "1.235e+06%", "3h 25m 45s"),
        (1_000_000, "1e+06", "1M", "1e+08%", "11d 13h 46m 40s"),
        (1_048_576, "1.048576e+06", "1.049M", "1.049e+08%", "12d 3h 16m 16s"),
        (1_234_567.89, "1.23456789e+06", "1.235M", "1.235e+08%", "14d 6h 56m 7s"),
        (20_000_000, "2e+07", "20M", "2e+09%", "231d 11h 33m 20s"),
        (0.0001, "0.0001", "100u", "0.01%", "100us"),
        (0.00012345, "0.00012345", "123.4u", "0.01234%", "123.4us"),
        (0.00001, "1e-05", "10u", "0.001%", "10us"),
        (0.00001234, "1.234e-05", "12.34u", "0.001234%", "12.34us"),
        (59.99, "59.99", "59.99", "5999%", "59.99s"),
        (60, "60", "60", "6000%", "1m 0s"),
        (3600, "3600", "3.6k", "3.6e+05%", "1h 0m 0s"),
        (86_400, "86400", "86.4k", "8.64e+06%", "1d 0h 0m 0s"),
        (-90, "-90", "-90", "-9000%", "-1m 30s"),
        (0.999, "0.999", "999m", "99.9%", "999ms"),
        (1e-25, "1e-25", "0.1y", "1e-23%", "0.1ys"),
        (.infinity, "+Inf", "+Inf", "+Inf%", "+Inf"),
        (.nan, "NaN", "NaN", "NaN%", "NaN"),
    ]

    @Test("Numbers come out as Prometheus prints them", arguments: printed)
    func numbers(value: Double, plain: String, humanized: String, percentage: String, duration: String) throws {
        func expand(_ text: String) throws -> String { try AlertTemplate(text).expand(labels: [:], value: value) }
        #expect(try expand("{{ $value }}") == plain)
        #expect(try expand("{{ $value | humanize }}") == humanized)
        #expect(try expand("{{humanizePercentage $value}}") == percentage)
        #expect(try expand("{{$value|humanizeDuration}}") == duration)
    }

    @Test("Numbers for Prometheus' API are written with an exponent")
    func scientific() {
        #expect([0, 1, 12.5, -0.001, 1e21].map(GoNumber.scientific) == ["0e+00", "1e+00", "1.25e+01", "-1e-03", "1e+21"])
    }

    @Test("Labels stand for their values, and one that is not there for nothing")
    func labels() throws {
        let template = try AlertTemplate("{{ $labels.source_namespace }} to {{$labels.destination_namespace}}:{{   $labels.none }} {")
        #expect(template.expand(labels: ["source_namespace": "{{ $value }}", "destination_namespace": "b"], value: 1) == "{{ $value }} to b: {")
        #expect(!template.isFixed)
        #expect(try AlertTemplate("plain }} text").isFixed)
    }

    @Test(
        "Anything else of Go's templates is refused where it stands",
        arguments: [
            ("{{ if $value }}x{{ end }}", 1), ("a {{ $labels }}", 3), ("{{ $labels.1a }}", 1), ("{{ $labels.a-b }}", 1), ("é{{ $value | title }}", 2),
            ("{{- $value -}}", 1), ("{{ .Value }}", 1), ("{{ $value }} {{ query \"up\" }}", 14), ("{{ $labels.a | humanize }}", 1), ("{{ $value", 1),
            ("{{}}", 1), ("{{ $value | humanize | humanize }}", 1),
        ])
    func refused(text: String, column: Int) {
        let mistake = #expect(throws: AlertTemplate.Mistake.self) { try AlertTemplate(text) }
        #expect(mistake?.column == column)
        #expect(mistake?.message.contains("understood") == true || mistake?.message.contains("closed") == true)
    }
}
