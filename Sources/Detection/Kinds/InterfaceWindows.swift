import Windows

/// What interfaces counted over the last ticks: their samples come now and then, and some not in every tick.
struct InterfaceWindows: Sendable {
    struct Key: Hashable, Sendable {
        var exporter: String
        var interface: String
        var direction: String
    }

    /// Sums over the window.
    struct Sums: Sendable {
        var node = ""
        var octets: UInt64 = 0
        var packets: UInt64 = 0
        var discards: UInt64 = 0
        var errors: UInt64 = 0
        var seconds = 0.0
        /// bit/s; 0 for none.
        var speed: UInt64 = 0

        /// Packets that got lost here, of those that came here.
        var lost: UInt64 { discards.addingBounded(errors) }
        func share(of lost: UInt64) -> Double {
            let all = packets.addingBounded(lost)
            return all > 0 ? Double(lost) / Double(all) : 0
        }
        func perSecond(_ count: UInt64) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
        /// Of the speed.
        var utilisation: Double { speed > 0 ? perSecond(octets) * 8 / Double(speed) : 0 }
    }

    private static let limit = 100_000

    private let ticks: Int64
    private var samples: [Key: [(tick: Int64, interface: ClosedTick.Interface)]] = [:]

    init(window: Int64) {
        ticks = Int64(SlidingSums.ticks(window))
    }

    mutating func take(_ tick: ClosedTick) {
        for interface in tick.interfaces where interface.duration > 0 {
            let key = Key(exporter: interface.exporter, interface: interface.interface, direction: interface.direction)
            guard samples[key] != nil || samples.count < Self.limit else { continue }
            samples[key, default: []].append((tick.number, interface))
        }
        let oldest = tick.number - ticks
        for (key, known) in samples where (known.first?.tick ?? 0) <= oldest {
            let kept = known.filter { $0.tick > oldest }
            samples[key] = kept.isEmpty ? nil : kept
        }
    }

    var all: [(key: Key, sums: Sums)] {
        samples.map { key, samples in
            var sums = Sums()
            for (_, sample) in samples {
                sums.node = sample.node
                sums.octets = sums.octets.addingBounded(sample.octets)
                sums.packets = sums.packets.addingBounded(sample.packets)
                sums.discards = sums.discards.addingBounded(sample.discards)
                sums.errors = sums.errors.addingBounded(sample.errors)
                sums.seconds += Double(sample.duration) / 1e9
                sums.speed = sample.speed
            }
            return (key, sums)
        }
    }
}

extension InterfaceWindows.Key {
    func labels(_ sums: InterfaceWindows.Sums, signal: String) -> [String: String] {
        var labels = ["exporter": exporter, "interface": interface, "direction": direction, "signal": signal]
        if !sums.node.isEmpty { labels["node"] = sums.node }
        return labels
    }

    var words: String { "interface \(interface) of \(exporter), \(direction)" }
}

extension UInt64 {
    /// The sum, or as much as fits.
    func addingBounded(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
