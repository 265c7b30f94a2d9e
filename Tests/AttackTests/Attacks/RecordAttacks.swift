import Support
import Testing

extension Attacks {
    @Suite struct Records {
        @Test("Variable lengths past the end: weir_exporter_decode_errors_total{reason=\"malformed\"}")
        func variableLengths() async throws {
            let run = try await AttackRun()
            let count = 50_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                var message = HostileMessage(version: 10)
                if number < 4 { message.add(template: 256, [(8, 4), (82, 0xFFFF), (12, 4), (83, 0xFFFF), (1, 8)]) }
                // One octet of length, or three (RFC 7011 §7): more than there is, in either.
                let front: [UInt8] = [10, 99, 16, 1]
                let length: [UInt8] = number % 2 == 0 ? [UInt8(200 + random.below(55))] : [255, UInt8(1 + random.below(255)), 7]
                message.add(set: 256, front + length + random.octets(30 + random.below(100)))
                return (message.octets(), Origin(network: 28, host: 1 + number % 4, port: 9000))
            }
            try await run.conclude(
                "variable lengths past the end", "strings longer than their set", count, growth: Bounds.sessions + Bounds.nothingKept
            ) {
                metrics in
                let malformed = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "malformed" }
                #expect(malformed == Double(count))
                return "all refused (`malformed`)"
            }
        }

        @Test(
            "Sets and messages that say other lengths than they have: weir_exporter_decode_errors_total{reason=\"truncated\"} and {reason=\"malformed\"}"
        )
        func lengths() async throws {
            let run = try await AttackRun()
            let count = 50_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                var message = HostileMessage(version: 10)
                if number % 2 == 0 {
                    // A set that is shorter than its header, or longer than the message.
                    message.add(
                        set: 2, [UInt8](repeating: 1, count: 40),
                        length: number % 4 == 0 ? UInt16(random.below(4)) : UInt16(4000 + random.below(60_000)))
                    return (message.octets(), Origin(network: 29, host: 1 + number % 4, port: 9000))
                }
                message.add(set: 2, [UInt8](halves: [256, 1, 8, 4]))
                let length = UInt16(number % 4 == 1 ? random.below(28) : 29 + random.below(60_000))
                return (message.octets(length: length), Origin(network: 29, host: 1 + number % 4, port: 9000))
            }
            try await run.conclude(
                "lengths that lie", "sets and messages, shorter and longer than they are", count, growth: Bounds.sessions + Bounds.nothingKept
            ) {
                metrics in
                let truncated = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "truncated" }
                let malformed = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "malformed" }
                #expect(truncated + malformed >= Double(count))
                return "all counted: \(Int(truncated)) `truncated`, \(Int(malformed)) `malformed`"
            }
        }

        @Test("Data whose template never comes: weir_exporter_decode_errors_total{reason=\"kept_data_limit\"}")
        func orphans() async throws {
            let run = try await AttackRun()
            let count = 60_000 * Scale.attack
            try await run.attack(count, rate: 30_000) { number, random in
                var message = HostileMessage(version: number % 2 == 0 ? 10 : 9)
                message.add(set: UInt16(256 + random.below(1000)), [UInt8](repeating: 5, count: 1300))
                return (message.octets(), Origin(network: 30, host: 1 + number % 200, port: 9000))
            }
            try await run.conclude(
                "data without templates", "1,300 octets each, from 200 addresses", count, growth: Bounds.sessions + Bounds.waiting
            ) { metrics in
                let refused = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "kept_data_limit" }
                let held = metrics.sum("weir_session_memory_bytes") { $0["kind"] == "kept_data" }
                #expect(refused > 0)
                #expect(held <= Double(16 << 20))
                return "\(Int(held) >> 20) MiB kept for a minute, \(Int(refused)) refused (`kept_data_limit`)"
            }
        }

        @Test("Datagrams from outside collector.allow: weir_refused_datagrams_total{reason=\"not_allowed\"}")
        func strangers() async throws {
            let run = try await AttackRun(allow: "[127.0.0.0/16]")
            let count = 50_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                var message = HostileMessage(version: 10)
                message.add(template: UInt16(256 + random.below(1000)), [(8, 4), (12, 4)])
                return (message.octets(), Origin(network: 31, host: 1 + number % 1000, port: 9000))
            }
            try await run.conclude("strangers", "templates from 1,000 addresses outside `collector.allow`", count, growth: Bounds.nothingKept) {
                metrics in
                let refused = metrics.sum("weir_refused_datagrams_total") { $0["reason"] == "not_allowed" }
                #expect(refused == Double(count))
                #expect(metrics.sum("weir_sessions") <= 8)
                return "all refused (`not_allowed`)"
            }
        }

        @Test("Octets of no protocol: weir_refused_datagrams_total{reason=\"not_flow_export\"}")
        func noise() async throws {
            let run = try await AttackRun()
            let count = 50_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                ([0xFF] + random.octets(random.below(64)), Origin(network: 32, host: 1 + number % 1000, port: 9000))
            }
            try await run.conclude("noise", "up to 64 octets of anything, from 1,000 addresses", count, growth: Bounds.nothingKept) { metrics in
                let refused = metrics.sum("weir_refused_datagrams_total") { $0["reason"] == "not_flow_export" }
                #expect(refused == Double(count))
                return "all refused (`not_flow_export`), no session made"
            }
        }
    }
}
