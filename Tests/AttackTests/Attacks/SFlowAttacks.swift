import Support
import Testing

extension Attacks {
    @Suite struct SFlow {
        /// A sample or a record, with its own length or another.
        private static func item(_ format: UInt32, _ octets: [UInt8], length: UInt32? = nil) -> [UInt8] {
            [UInt8](words: [format, length ?? UInt32(octets.count)]) + octets + [UInt8](repeating: 0, count: -octets.count & 3)
        }

        /// A datagram of samples that say whatever they like.
        private static func datagram(_ number: Int, count: UInt32, _ samples: [UInt8]) -> [UInt8] {
            [UInt8](words: [5, 1, 0x7F00_0001, 0, UInt32(number), 60_000, count]) + samples
        }

        /// The body of a flow sample with these records, of which it says there are `count`.
        private static func sample(count: UInt32, _ records: [UInt8]) -> [UInt8] {
            [UInt8](words: [1, 1, 1, 1, 0, 1, 2, count]) + records
        }

        /// A record of a packet's first octets, of which it says there are `length`.
        private static func packet(_ octets: [UInt8], length: UInt32? = nil) -> [UInt8] {
            item(1, [UInt8](words: [1, 1500, 0, length ?? UInt32(octets.count)]) + octets)
        }

        private static let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]

        /// IPv4 towards `number`'s protocol.
        private static func ip(_ protocolNumber: UInt8, headerWords: UInt8 = 5) -> [UInt8] {
            [0x40 | headerWords, 0, 5, 0xDC, 0, 0, 0x40, 0, 64, protocolNumber, 0, 0, 10, 99, 16, 1, 10, 99, 16, 2]
        }

        @Test(
            "sFlow samples and records whose lengths overlap or lie: weir_exporter_decode_errors_total{reason=\"truncated\"} and {reason=\"malformed\"}"
        )
        func lengths() async throws {
            let run = try await AttackRun()
            let count = 50_000 * Scale.attack
            try await run.attack(count, rate: 50_000) { number, random in
                let header = Self.packet(Self.ethernet + [8, 0] + Self.ip(6))
                let octets: [UInt8] =
                    switch number % 5 {
                    // More samples than there are; 4 billion of them.
                    case 0: Self.datagram(number, count: number % 2 == 0 ? .max : 9, Self.item(1, Self.sample(count: 1, header)))
                    // A sample that is longer than the datagram.
                    case 1: Self.datagram(number, count: 1, Self.item(1, Self.sample(count: 1, header), length: UInt32(2000 + random.below(1 << 30))))
                    // A sample that ends within its record.
                    case 2:
                        Self.datagram(number, count: 2, Self.item(1, Self.sample(count: 1, header), length: UInt32(4 * random.below(20))) + header)
                    // More records than there are; 4 billion of them.
                    case 3: Self.datagram(number, count: 1, Self.item(1, Self.sample(count: number % 2 == 0 ? .max : 9, header)))
                    // A packet that is longer than its record.
                    default: Self.datagram(number, count: 1, Self.item(1, Self.sample(count: 1, Self.packet(Self.ethernet, length: .max))))
                    }
                return (octets, Origin(network: 33, host: 1 + number % 4, port: 9000))
            }
            try await run.conclude(
                "sFlow lengths that lie", "samples, records and packets longer than what holds them, 4 billion of each, overlapping", count,
                growth: Bounds.sessions + Bounds.nothingKept
            ) { metrics in
                let reasons = ["truncated", "malformed", "bad_packet"].map { (reason: String) in
                    (reason, metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == reason })
                }
                #expect(reasons.reduce(0) { $0 + $1.1 } >= Double(count))
                return "all counted: " + reasons.map { "\(Int($0.1)) `\($0.0)`" }.joined(separator: ", ")
            }
        }

        @Test("Packets within packets: weir_exporter_decode_errors_total{reason=\"bad_packet\"}")
        func nesting() async throws {
            let run = try await AttackRun()
            let count = 60_000 * Scale.attack
            try await run.attack(count, rate: 30_000) { number, random in
                let inside: [UInt8] =
                    switch number % 6 {
                    // Tags, labels and tunnels, one in the other as often as fits.
                    case 0: [UInt8](Array(repeating: [0x81, 0, 0, 7], count: 200).joined())
                    case 1: [0x88, 0x47] + [UInt8](Array(repeating: [0, 0, 0x10, 64], count: 200).joined())
                    case 2: [8, 0] + [UInt8](Array(repeating: Self.ip(4), count: 40).joined())
                    case 3: [8, 0] + [UInt8](Array(repeating: Self.ip(47) + [0, 0, 0x65, 0x58] + Self.ethernet + [8, 0], count: 20).joined())
                    // VXLAN in VXLAN.
                    case 4:
                        [8, 0]
                            + [UInt8](
                                Array(
                                    repeating: Self.ip(17) + [0x12, 0xB5, 0x12, 0xB5, 5, 0, 0, 0] + [8, 0, 0, 0, 0, 0, 1, 0] + Self.ethernet + [
                                        8, 0,
                                    ],
                                    count: 16
                                ).joined())
                    // IPv6 extension headers without end, and an IPv4 header that is longer than the packet.
                    default:
                        number % 12 == 5
                            ? [0x86, 0xDD, 0x60, 0, 0, 0, 5, 0, 0, 64] + [UInt8](repeating: 1, count: 32) + [UInt8](repeating: 0, count: 800)
                            : [8, 0] + Self.ip(6, headerWords: UInt8(random.below(5)))
                    }
                let records = Self.packet(Self.ethernet + inside) + Self.packet(Self.ethernet + inside)
                return (
                    Self.datagram(number, count: 1, Self.item(1, Self.sample(count: 2, records))),
                    Origin(network: 34, host: 1 + number % 4, port: 9000)
                )
            }
            try await run.conclude(
                "sFlow packets in packets", "200 VLAN tags or MPLS labels, 40 IP in IP, 20 GRE, 16 VXLAN, 100 IPv6 extension headers", count,
                growth: Bounds.sessions + Bounds.nothingKept
            ) { metrics in
                let bad = metrics.sum("weir_exporter_decode_errors_total") { $0["reason"] == "bad_packet" }
                #expect(bad > 0)
                return "\(Int(bad)) `bad_packet`, the others count for their outermost or first inner packet"
            }
        }

        @Test("Counters of interfaces without end: weir_refused_state_total{reason=\"interfaces_of_exporter\"} and {reason=\"interfaces\"}")
        func interfaces() async throws {
            let run = try await AttackRun()
            let count = 60_000 * Scale.attack
            try await run.attack(count, rate: 30_000) { number, random in
                let samples = (0..<6).map { _ in
                    let interface = UInt32(random.below(1 << 24))
                    let generic = [UInt8](words: [interface, 6, 0, 1000, 1, 3, 0, 500, 1, 0, 0, 0, 0, 0, 0, 500, 1, 0, 0, 0, 0, 0])
                    let name = [UInt8](words: [200]) + [UInt8](repeating: 66, count: 200)
                    return Self.item(2, [UInt8](words: [1, interface, 2]) + Self.item(1, generic) + Self.item(1005, name))
                }
                return (Self.datagram(number, count: 6, Array(samples.joined())), Origin(network: 35, host: 1 + number % 100, port: 9000))
            }
            try await run.conclude(
                "interfaces without end", "counters and names of 6 made-up interfaces each, from 100 addresses", count,
                growth: Bounds.sessions + Bounds.interfaces + Bounds.templates
            ) { metrics in
                let refused = metrics.sum("weir_refused_state_total") { $0["reason"]?.hasPrefix("interfaces") == true }
                let kept = metrics.sum("weir_interfaces")
                #expect(refused > 0)
                #expect(kept <= 8192)
                return "\(Int(kept)) interfaces kept, \(Int(refused)) samples of others refused"
            }
        }
    }
}
