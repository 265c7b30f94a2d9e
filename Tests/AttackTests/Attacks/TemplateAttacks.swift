import Support
import Testing

extension Attacks {
    @Suite struct Templates {
        /// A template of `count` fields of four octets, of elements that differ, so that no two templates are alike.
        private static func fields(_ count: Int, _ number: Int) -> [(element: UInt16, length: UInt16)] {
            (0..<count).map { (UInt16(1 + (number &+ $0 * 7) % 400), 4) }
        }

        @Test("Ten thousand templates a second from a thousand made-up exporters: weir_exporter_decode_errors_total{reason=\"template_limit\"}")
        func flood() async throws {
            let run = try await AttackRun()
            let count = 30_000 * Scale.attack
            try await run.attack(count, rate: 10_000) { number, _ in
                let exporter = number % 1000
                var message = HostileMessage(version: number % 2 == 0 ? 10 : 9)
                message.add(template: UInt16(256 + number / 1000), Self.fields(120, number))
                return (message.octets(), Origin(network: 20, host: 1 + exporter, port: 9000))
            }
            try await run.conclude(
                "template flood", "10,000 templates of 120 fields a second, from 1,000 addresses", count, growth: Bounds.sessions + Bounds.templates
            ) { metrics in
                let refused = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "template_limit" }
                let held = metrics.sum("weir_session_memory_bytes") { $0["kind"] == "templates" }
                #expect(refused > 0)
                #expect(held <= Double(24 << 20))
                return "\(Int(refused)) refused (`template_limit`), \(Int(held) >> 20) MiB of templates held"
            }
        }

        @Test("New sources without end: weir_forgotten_sessions_total and weir_refused_sessions_total")
        func sources() async throws {
            let run = try await AttackRun()
            let count = 40_000 * Scale.attack
            try await run.attack(count, rate: 20_000) { number, _ in
                var message = HostileMessage(version: 10)
                message.add(template: 256, Self.fields(20, number))
                return (message.octets(), Origin(network: 21, host: 1 + number % 10_000, port: UInt16(10_000 + number / 10_000)))
            }
            try await run.conclude(
                "made-up exporters", "a template each, from 40,000 addresses and ports", count, growth: Bounds.sessions + Bounds.templates
            ) {
                metrics in
                let forgotten = metrics.sum("weir_forgotten_sessions_total")
                let refused = metrics.sum("weir_refused_sessions_total")
                let open = metrics.sum("weir_sessions")
                #expect(forgotten + refused + open >= Double(count))
                #expect(open <= 2 * 4096)
                return "\(Int(open)) sessions kept, \(Int(forgotten)) forgotten, \(Int(refused)) refused"
            }
        }

        @Test(
            "Templates whose fields add up to nothing: weir_exporter_decode_errors_total{reason=\"zero_length_template\"} and {reason=\"bad_template\"}"
        )
        func nothing() async throws {
            let run = try await AttackRun()
            let count = 60_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, _ in
                var message = HostileMessage(version: number % 2 == 0 ? 10 : 9)
                // Version 9 has no withdrawals: a template without fields is a bad one there.
                message.add(template: 256, number % 4 == 1 ? [] : (0..<(1 + number % 300)).map { (UInt16($0 + 1), 0) })
                message.add(set: 256, [UInt8](repeating: 7, count: 1200))
                return (message.octets(), Origin(network: 22, host: 1 + number % 4, port: 9000))
            }
            try await run.conclude(
                "templates without length", "fields of 0 octets, or no fields; then data", count, growth: Bounds.sessions + Bounds.waiting
            ) {
                metrics in
                let zero = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "zero_length_template" }
                let bad = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "bad_template" }
                #expect(zero == Double(count / 4 * 3))
                #expect(bad == Double(count / 4))
                return "all refused: \(Int(zero)) `zero_length_template`, \(Int(bad)) `bad_template`"
            }
        }

        @Test("Templates whose fields add up to 60 kB: weir_exporter_decode_errors_total{reason=\"field_limit\"} and {reason=\"malformed\"}")
        func large() async throws {
            let run = try await AttackRun()
            let count = 3000 * Scale.attack
            try await run.attack(count, rate: 5000) { number, random in
                var message = HostileMessage(version: number % 2 == 0 ? 10 : 9)
                switch number % 3 {
                case 0:
                    // 1,000 fields of 60 octets, and one record of them, or less than one.
                    message.add(template: 256, (0..<1000).map { (UInt16(1 + $0 % 400), 60) })
                    message.add(set: 256, [UInt8](repeating: 1, count: number % 2 == 0 ? 60_000 : 50_000))
                case 1:
                    // More fields than a template may have.
                    message.add(template: 257, (0..<15_000).map { (UInt16(1 + $0 % 400), 4) })
                default:
                    // One field of all the octets there are, and data of it.
                    message.add(template: 258, [(UInt16(1 + random.below(400)), 60_000)])
                    message.add(set: 258, [UInt8](repeating: 1, count: number % 2 == 0 ? 1000 : 60_000))
                }
                return (message.octets(), Origin(network: 23, host: 1 + number % 50, port: 9000))
            }
            try await run.conclude(
                "templates of 60 kB", "1,000 fields of 60 octets, 15,000 fields, one field of 60,000; with data", count,
                growth: Bounds.sessions + Bounds.templates
            ) { metrics in
                let fields = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "field_limit" }
                let malformed = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "malformed" }
                #expect(fields == Double(count / 3))
                #expect(malformed == Double(count / 3))
                return "\(Int(fields)) `field_limit`, \(Int(malformed)) `malformed` (records that are not whole), the others decoded"
            }
        }

        @Test("Withdrawals of all templates, again and again, do not keep a receive thread busy: weir_exporter_templates")
        func withdrawals() async throws {
            let run = try await AttackRun()
            let count = 1000 * Scale.attack
            try await run.attack(count, rate: 500) { number, _ in
                // 2,000 templates of one domain, and messages of another that withdraw all of its none, 15,000 times each.
                var message = HostileMessage(version: 10, domain: number < 50 ? 1 : 2 + UInt32(number % 2))
                if number < 50 {
                    for template in 0..<40 { message.add(template: UInt16(256 + number * 40 + template), [(8, 4), (12, 4)]) }
                } else {
                    message.add(set: 2, [UInt8](halves: (0..<30_000).map { $0 % 2 == 0 ? 2 : 0 }))
                }
                return (message.octets(), Origin(network: 24, host: 1, port: 9000))
            }
            let seconds = try run.processorTime()
            #expect(seconds < Double(count) * 0.001, "\(seconds) s of CPU for \(count) datagrams")
            try await run.conclude(
                "withdrawals", "2,000 templates, then messages that withdraw all of another domain 15,000 times", count,
                growth: Bounds.sessions + Bounds.templates
            ) { metrics in
                #expect(metrics.sum("weir_exporter_templates") { $0["exporter"] == "127.24.0.1" } == 2000)
                return "the 2,000 templates stay; \(Int(seconds * 1e6) / count) µs of CPU a datagram"
            }
        }

        @Test("A template and its withdrawal by turns, beside many others, do not keep a receive thread busy: weir_exporter_templates")
        func alternation() async throws {
            let run = try await AttackRun()
            let count = 1000 * Scale.attack
            let pair: [UInt16] = [2, 12, 9999, 1, 8, 4, 2, 8, 2, 0]
            let pairs = [UInt8](halves: (0..<3000).flatMap { _ in pair })
            try await run.attack(count, rate: 250) { number, _ in
                // 2,000 templates of one domain; messages of another that bring a template of one field and withdraw all, 3,000 times each.
                var message = HostileMessage(version: 10, domain: number < 50 ? 1 : 2)
                if number < 50 {
                    for template in 0..<40 { message.add(template: UInt16(256 + number * 40 + template), [(8, 4), (12, 4)]) }
                } else {
                    message.add(sets: pairs)
                }
                return (message.octets(), Origin(network: 24, host: 2, port: 9000))
            }
            let seconds = try run.processorTime()
            #expect(seconds < Double(count) * 0.02, "\(seconds) s of CPU for \(count) datagrams")
            try await run.conclude(
                "withdrawals by turns", "2,000 templates, then messages that bring one of another domain and withdraw all of it 3,000 times", count,
                growth: Bounds.sessions + Bounds.templates
            ) { metrics in
                #expect(metrics.sum("weir_exporter_templates") { $0["exporter"] == "127.24.0.2" } >= 2000)
                return "the 2,000 templates stay; \(Int(seconds * 1e6) / count) µs of CPU a datagram"
            }
        }
    }
}
