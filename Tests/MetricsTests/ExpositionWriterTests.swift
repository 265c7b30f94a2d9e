import Testing

import Metrics

@Suite("What the writer writes")
struct ExpositionWriterTests {
    @Test("Text 0.0.4 names a counter in full in all its lines")
    func textCounter() {
        let text = exposition(.text004) { writer in
            writer.family("weir_flow_bytes_total", type: .counter, help: "Bytes \"seen\".\nAll of \\ them.", unit: "bytes")
            writer.sample(["a": "1"], value: UInt64.max)
            writer.created(LabelText(["a": "1"]), seconds: 5)
        }
        #expect(
            text == #"""
                # HELP weir_flow_bytes_total Bytes "seen".\nAll of \\ them.
                # TYPE weir_flow_bytes_total counter
                weir_flow_bytes_total{a="1"} 18446744073709551615

                """#)
    }

    @Test("OpenMetrics names a counter's family without _total, says its unit and when it was created, and ends")
    func openMetricsCounter() {
        let text = exposition(.openMetrics100) { writer in
            writer.family("weir_flow_bytes_total", type: .counter, help: "Bytes \"seen\".\nAll of \\ them.", unit: "bytes")
            writer.sample(["a": "1"], value: 7)
            writer.created(LabelText(["a": "1"]), seconds: 1_700_000_000.25)
        }
        #expect(
            text == #"""
                # HELP weir_flow_bytes Bytes \"seen\".\nAll of \\ them.
                # TYPE weir_flow_bytes counter
                # UNIT weir_flow_bytes bytes
                weir_flow_bytes_total{a="1"} 7
                weir_flow_bytes_created{a="1"} 1700000000.25
                # EOF

                """#)
    }

    @Test("A unit that the name does not end in is left out, as OpenMetrics would refuse it")
    func wrongUnit() {
        let text = exposition(.openMetrics100) { $0.family("weir_pairs", type: .gauge, help: "Pairs.", unit: "bytes") }
        #expect(!text.contains("UNIT"))
    }

    @Test("A gauge has no creation time")
    func gaugeCreated() {
        let text = exposition(.openMetrics100) { writer in
            writer.family("weir_pairs", type: .gauge, help: "Pairs.")
            writer.sample(value: 3)
            writer.created(.none, seconds: 5)
        }
        #expect(text == "# HELP weir_pairs Pairs.\n# TYPE weir_pairs gauge\nweir_pairs 3\n# EOF\n")
    }

    @Test("Backslashes, quotes and line feeds in label values are escaped, and nothing else is")
    func labelEscaping() {
        let labels = LabelText(["a": "x\\y\"z\n", "b": "ü{},= \t"])
        #expect(String(decoding: labels.bytes, as: UTF8.self) == #"a="x\\y\"z\n",b="ü{},= "# + "\t\"")
    }

    @Test("A line is put together from two or three pieces of label text, empty ones left out")
    func pieces() {
        let source = LabelText(["s": "1"])
        let destination = LabelText(["d": "2"])
        let text = exposition(.text004) { writer in
            writer.family("x_total", type: .counter, help: "X.")
            writer.sample(source, destination, value: 10)
            writer.sample(source, destination, LabelText(["r": "3"]), value: 100)
            writer.sample(source, .none, value: 0)
            writer.sample(.none, source, value: 99)
            writer.sample(.none, .none, value: 1234)
            writer.sample(labels: source.bytes.span, destination.bytes.span, value: 11)
        }
        #expect(
            text.hasSuffix(
                """
                counter
                x_total{s="1",d="2"} 10
                x_total{s="1",d="2",r="3"} 100
                x_total{s="1"} 0
                x_total{s="1"} 99
                x_total 1234
                x_total{s="1",d="2"} 11

                """))
    }

    @Test("A family that was written before is left out with its samples, also where only _total tells the names apart")
    func repeatedFamily() {
        let text = exposition(.openMetrics100) { writer in
            writer.family("x_total", type: .counter, help: "X.")
            writer.sample(value: 1)
            writer.family("y", type: .gauge, help: "Y.")
            writer.sample(value: 2)
            writer.family("x", type: .gauge, help: "X again.")
            writer.sample(value: 3)
        }
        #expect(text == "# HELP x X.\n# TYPE x counter\nx_total 1\n# HELP y Y.\n# TYPE y gauge\ny 2\n# EOF\n")
    }

    @Test(
        "Doubles are spelled as Prometheus reads them",
        arguments: [
            (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (3, "3"), (-1.5, "-1.5"), (1e15, "1000000000000000"),
            (1e300, "1e+300"), (1e-7, "1e-07"), (0.1 + 0.2, "0.30000000000000004"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ])
    func doubles(value: Double, expected: String) {
        #expect(spelled(value) == expected)
    }

    @Test("Integers are spelled at every length")
    func integers() {
        var value: UInt64 = 1
        for _ in 0..<19 {
            #expect(spelled(value) == String(value))
            #expect(spelled(value - 1) == String(value - 1))
            value *= 10
        }
        #expect(spelled(UInt64.max) == "18446744073709551615")
        #expect(spelled(Int64.min) == "-9223372036854775808")
        #expect(spelled(Int64.max) == "9223372036854775807")
        #expect(spelled(-42) == "-42")
    }

    @Test("What is drained in pieces is what is drained at once")
    func draining() {
        var writer = ExpositionWriter(format: .text004)
        var pieces: [UInt8] = []
        writer.family("x", type: .gauge, help: "X.")
        writer.drain(into: &pieces)
        #expect(writer.count == 0)
        for value in 0..<3 {
            writer.sample(["n": "\(value)"], value: value)
            writer.drain(into: &pieces)
        }
        #expect(
            String(decoding: pieces, as: UTF8.self)
                == "# HELP x X.\n# TYPE x gauge\nx{n=\"0\"} 0\nx{n=\"1\"} 1\nx{n=\"2\"} 2\n")
    }

    private func spelled(_ value: some ExpositionValue) -> String {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// All that `write` writes, finished.
func exposition(_ format: ExpositionFormat, _ write: (inout ExpositionWriter) -> Void) -> String {
    var writer = ExpositionWriter(format: format)
    write(&writer)
    writer.finish()
    var bytes: [UInt8] = []
    writer.drain(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}
