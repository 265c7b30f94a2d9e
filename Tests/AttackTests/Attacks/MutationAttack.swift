import Foundation
import PacketCapture
import Support
import Testing

/// Changes datagrams as a broken or malicious exporter might: seeded, so that a run can be repeated.
struct Mutator: Sendable {
    private let datagrams: [[UInt8]]
    /// Numbers at which readers of lengths and counts go wrong.
    private static let edges: [UInt16] = [0, 1, 2, 3, 4, 5, 8, 255, 256, 0x7FFF, 0x8000, 0xFFFC, 0xFFFF]

    /// All export datagrams of the captures.
    init(captures folder: URL) throws {
        var datagrams: [[UInt8]] = []
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "pcap" {
            guard var reader = try? ExportDatagramReader(path: file.path) else { continue }
            while let datagram = try reader.next() {
                if !datagram.payload.isEmpty { datagrams.append(datagram.payload) }
            }
        }
        self.datagrams = datagrams
    }

    /// How many datagrams are changed.
    var count: Int { datagrams.count }

    /// A datagram with one to four changes.
    func datagram(using random: inout SeededGenerator) -> [UInt8] {
        var octets = datagrams[random.below(datagrams.count)]
        for _ in 0..<(1 + random.below(4)) { change(&octets, using: &random) }
        return octets.count > 9000 ? Array(octets.prefix(9000)) : octets
    }

    private func change(_ octets: inout [UInt8], using random: inout SeededGenerator) {
        guard octets.count > 4 else { return }
        let place = random.below(octets.count)
        switch random.below(8) {
        case 0: octets[place] ^= 1 << UInt8(random.below(8))
        case 1: octets[place] = UInt8(truncatingIfNeeded: random.next())
        case 2, 3: put(Self.edges[random.below(Self.edges.count)], at: place & ~1, in: &octets)
        // Of the message's header and its first sets, where the lengths are.
        case 4: put(Self.edges[random.below(Self.edges.count)], at: random.below(min(octets.count, 40)) & ~1, in: &octets)
        case 5: octets.removeLast(random.below(octets.count - 3))
        case 6: octets.insert(contentsOf: octets[place..<min(octets.count, place + random.below(200))], at: place & ~3)
        default:
            let other = datagrams[random.below(datagrams.count)]
            octets.replaceSubrange(place..., with: other.dropFirst(random.below(other.count)))
        }
    }

    private func put(_ number: UInt16, at place: Int, in octets: inout [UInt8]) {
        guard place + 1 < octets.count else { return }
        octets[place] = UInt8(number >> 8)
        octets[place + 1] = UInt8(truncatingIfNeeded: number)
    }
}

extension Attacks {
    @Suite struct Mutations {
        @Test(
            "Real datagrams, changed at random: each is counted, by weir_exporter_datagrams_total, weir_exporter_decode_errors_total or weir_refused_*"
        )
        func mutations() async throws {
            let run = try await AttackRun()
            let mutator = try Mutator(captures: SharedFiles.captures)
            #expect(mutator.count > 1000)
            let count = Scale.mutations
            try await run.attack(count, rate: 1_000_000) { number, random in
                // Sixteen exporters that begin anew now and then.
                (mutator.datagram(using: &random), Origin(network: 37, host: 1 + number % 16, port: UInt16(9000 + number / 50_000 % 1000)))
            }
            try await run.conclude(
                "mutated datagrams", "of the \(mutator.count) in `shared/captures`, one to four changes each", count,
                growth: Bounds.sessions + Bounds.templates + Bounds.waiting + Bounds.interfaces + Bounds.pairs
            ) { metrics in
                let taken = metrics.sum("weir_exporter_datagrams_total") { $0["exporter"] != GoodExporter.name }
                let refused = metrics.sum("weir_refused_datagrams_total") + metrics.sum("weir_refused_sessions_total")
                #expect(taken + refused == Double(count))
                let errors = metrics.sum("weir_exporter_decode_errors_total")
                #expect(errors > 0)
                return "\(Int(taken)) taken with \(Int(errors)) errors in them, by reason, \(Int(refused)) refused"
            }
        }
    }
}
