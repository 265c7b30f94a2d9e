import Testing

import Metrics

@Suite("What a process exposes about itself")
struct RegistryTests {
    @Test("Families come by name, members by label text, collectors last, and twice the same")
    func order() {
        let registry = Registry()
        registry.collect { writer in
            writer.family("a_collected", type: .gauge, help: "Computed.")
            writer.sample(value: 0.5)
        }
        let lost = registry.family(Counter.self, "weir_lost_total", help: "Lost.", labels: ["exporter", "unit"])
        let pairs = registry.metric(Gauge.self, "weir_pairs", help: "Pairs.")
        let folded = registry.metric(Counter.self, "weir_folded_total", help: "Folded.")
        lost["b", "flows"].add(2)
        lost["a", "packets"].add()
        lost["a", "flows"].add(5)
        lost["a", "flows"].add(5)
        pairs.set(4)
        pairs.add(-1.5)
        folded.add(9)

        let expected = """
            # HELP weir_folded_total Folded.
            # TYPE weir_folded_total counter
            weir_folded_total 9
            # HELP weir_lost_total Lost.
            # TYPE weir_lost_total counter
            weir_lost_total{exporter="a",unit="flows"} 10
            weir_lost_total{exporter="a",unit="packets"} 1
            weir_lost_total{exporter="b",unit="flows"} 2
            # HELP weir_pairs Pairs.
            # TYPE weir_pairs gauge
            weir_pairs 2.5
            # HELP a_collected Computed.
            # TYPE a_collected gauge
            a_collected 0.5

            """
        for _ in 0..<2 {
            #expect(exposition(.text004) { registry.write(to: &$0) } == expected)
        }
        lost.remove("a", "flows")
        #expect(!exposition(.text004) { registry.write(to: &$0) }.contains("weir_lost_total{exporter=\"a\",unit=\"flows\"}"))
    }

    @Test("Nothing is lost where many count at once")
    func concurrency() async {
        let counter = Counter()
        let gauge = Gauge()
        let family = Registry().family(Counter.self, "x_total", help: "X.", labels: ["n"])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.add(2)
                        gauge.add(0.5)
                        family["\(task % 2)"].add()
                    }
                }
            }
        }
        #expect(counter.value == 8_000)
        #expect(gauge.value == 2_000)
        #expect(family["0"].value == 2_000)
    }

    @Test("The process metrics are there and plausible")
    func process() throws {
        let registry = Registry()
        registry.collectProcess()
        let text = exposition(.text004) { registry.write(to: &$0) }
        for name in ["cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "start_time_seconds", "open_fds", "max_fds"] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("process_\(name) ") })
            #expect(try #require(line.split(separator: " ").last.flatMap { Double($0) }) >= 0)
        }
        let resident = try #require(text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") })
        #expect(try #require(resident.split(separator: " ").last.flatMap { UInt64($0) }) > 1 << 20)
    }

    @Test("A command name with brackets and spaces does not shift the fields of /proc/self/stat")
    func stat() throws {
        let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 11 22 0 0 20 0 3 0 4444 55555 666 18446744073709551615"
        let statistics = try #require(ProcessStatistics(stat: "7 (a) b ) \(rest)\n"))
        #expect(statistics.cpuTicks == 33)
        #expect(statistics.startTicks == 4444)
        #expect(statistics.virtualBytes == 55555)
        #expect(statistics.residentPages == 666)
        #expect(ProcessStatistics(stat: "") == nil)
        #expect(ProcessStatistics(stat: "7 (a) S 1") == nil)
    }
}
