import Support
import Testing

extension Attacks {
    @Suite struct Options {
        @Test("Options templates with lying scopes: weir_exporter_decode_errors_total{reason=\"bad_template\"} and {reason=\"malformed\"}")
        func scopes() async throws {
            let run = try await AttackRun()
            let count = 60_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                let isIPFIX = number % 2 == 0
                var message = HostileMessage(version: isIPFIX ? 10 : 9)
                let fields: [UInt16] = [149, 4, 305, 4, 306, 4]
                switch (isIPFIX, number / 2 % 3) {
                // More scopes than fields; none; fields that are not there.
                case (true, 0): message.add(set: 3, [UInt8](halves: [300, 3, UInt16(4 + random.below(60_000))] + fields))
                case (true, 1): message.add(set: 3, [UInt8](halves: [300, 3, 0] + fields))
                case (true, _): message.add(set: 3, [UInt8](halves: [300, UInt16(40 + random.below(60_000)), 1] + fields))
                // Lengths that are no multiple of a specifier's; that go beyond the set; no length at all.
                case (false, 0): message.add(set: 1, [UInt8](halves: [300, 5, 9] + fields))
                case (false, 1): message.add(set: 1, [UInt8](halves: [300, 40_000, 20_000] + fields))
                case (false, _): message.add(set: 1, [UInt8](halves: [300, 0, 0] + fields))
                }
                message.add(set: 300, [UInt8](repeating: 9, count: 120))
                return (message.octets(), Origin(network: 25, host: 1 + number % 4, port: 9000))
            }
            try await run.conclude(
                "options templates that lie", "more scopes than fields, none, lengths past the end; then data", count,
                growth: Bounds.sessions + Bounds.waiting
            ) { metrics in
                let reasons = ["bad_template", "truncated", "malformed"].map { (reason: String) in
                    (reason, metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == reason })
                }
                #expect(reasons.reduce(0) { $0 + $1.1 } >= Double(count))
                #expect(reasons.allSatisfy { $0.1 >= Double(count / 6) })
                return "all refused: " + reasons.map { "\(Int($0.1)) `\($0.0)`" }.joined(separator: ", ")
            }
        }

        @Test("Options data about domains and interfaces without end: weir_refused_state_total{reason=\"facts\"}")
        func facts() async throws {
            let run = try await AttackRun()
            let count = 20_000 * Scale.attack
            try await run.attack(count, rate: 20_000) { number, random in
                var message = HostileMessage(version: 10)
                if number < 100 {
                    // Scope: domain and selector; rate. Scope: interface; its name.
                    message.add(set: 3, [UInt8](halves: [300, 4, 2, 149, 4, 302, 4, 305, 4, 306, 4]))
                    message.add(set: 3, [UInt8](halves: [301, 3, 2, 149, 4, 10, 4, 82, 200]))
                } else {
                    let records = (0..<20).map { _ in [UInt8](words: [UInt32(random.below(1 << 20)), UInt32(random.below(1 << 20)), 1, 99]) }
                    let names = (0..<4).map { _ in
                        [UInt8](words: [UInt32(random.below(64)), UInt32(random.below(1 << 20))]) + [UInt8](repeating: 65, count: 200)
                    }
                    message.add(set: 300, Array(records.joined()))
                    message.add(set: 301, Array(names.joined()))
                }
                return (message.octets(), Origin(network: 26, host: 1 + number % 100, port: 9000))
            }
            try await run.conclude(
                "options data without end", "20 sampling rates of made-up domains and 4 names of made-up interfaces each, from 100 addresses", count,
                growth: Bounds.sessions + Bounds.templates
            ) { metrics in
                let refused = metrics.sum("weir_refused_state_total") { $0["reason"] == "facts" }
                let held = metrics.sum("weir_session_memory_bytes") { $0["kind"] == "facts" }
                #expect(refused > 0)
                #expect(held <= Double(12 << 20))
                return "\(Int(refused)) facts refused, \(Int(held) >> 10) KiB held"
            }
        }

        @Test(
            "Records that wait for a rate, and rates that change with each record, do not keep a receive thread busy: weir_refused_state_total{reason=\"pending_flows\"}"
        )
        func rates() async throws {
            let run = try await AttackRun()
            let count = 10_000 * Scale.attack
            try await run.attack(count, rate: 5000) { number, random in
                var message = HostileMessage(version: 10)
                switch number {
                case 0:
                    message.add(set: 3, [UInt8](halves: [300, 3, 1, 302, 4, 305, 4, 306, 4]))
                    // Data that refers to a sampler, of which nothing is ever said.
                    message.add(template: 400, [(8, 4), (12, 4), (1, 4), (2, 4), (302, 4)])
                case 1..<200:
                    message.domain = 1
                    let records = (0..<60).map { _ in [UInt8](words: [0x0A63_1001, 0x0A63_1002, 100, 1, 0xFFFF_FFFF]) }
                    message.add(set: 400, Array(records.joined()))
                default:
                    let records = (0..<100).map { [UInt8](words: [UInt32(($0 + number * 100) % 1000), 1, UInt32(random.below(1000))]) }
                    message.add(set: 300, Array(records.joined()))
                }
                return (message.octets(), Origin(network: 27, host: 1, port: 9000))
            }
            let seconds = try run.processorTime()
            #expect(seconds < Double(count) * 0.000_2, "\(seconds) s of CPU for \(count) datagrams")
            try await run.conclude(
                "rates that change", "12,000 records of an unknown sampler, then 100 other rates in each datagram", count,
                growth: Bounds.sessions + Bounds.waiting
            ) { metrics in
                let refused = metrics.sum("weir_refused_state_total") { $0["reason"] == "pending_flows" }
                #expect(refused > 0)
                return
                    "\(Int(refused)) records found no room to wait (`pending_flows`) and counted at once; \(Int(seconds * 1e6) / count) µs of CPU a datagram"
            }
        }
    }
}
