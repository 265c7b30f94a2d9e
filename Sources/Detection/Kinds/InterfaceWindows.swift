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
        fileprivate mutating func add(_ sample: Sample) {
            octets = octets.addingBounded(sample.octets)
            packets = packets.addingBounded(sample.packets)
            discards = discards.addingBounded(sample.discards)
            errors = errors.addingBounded(sample.errors)
            seconds += Double(sample.duration) / 1e9
            speed = sample.speed
        }

        func perSecond(_ count: UInt64) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
        /// Of the speed.
        var utilisation: Double { speed > 0 ? perSecond(octets) * 8 / Double(speed) : 0 }
    }

    fileprivate struct Sample: Sendable {
        var tick: Int64
        var octets: UInt64
        var packets: UInt64
        var discards: UInt64
        var errors: UInt64
        /// Nanoseconds.
        var duration: Int64
        var speed: UInt64

        init(_ interface: ClosedTick.Interface, tick: Int64) {
            self.tick = tick
            octets = interface.octets
            packets = interface.packets
            discards = interface.discards
            errors = interface.errors
            duration = interface.duration
            speed = interface.speed
        }
    }

    private struct Known: Sendable {
        var node = ""
        /// Of the window, and some before it for plots.
        var samples: [Sample] = []
    }

    private static let limit = 100_000

    private let ticks: Int64
    private var known: [Key: Known] = [:]
    private var newest: Int64 = 0

    init(window: Int64) {
        ticks = Int64(SlidingSums.ticks(window))
    }

    mutating func take(_ tick: ClosedTick) {
        newest = tick.number
        for interface in tick.interfaces where interface.duration > 0 {
            let key = Key(exporter: interface.exporter, interface: interface.interface, direction: interface.direction)
            guard known[key] != nil || known.count < Self.limit else { continue }
            known[key, default: Known()].node = interface.node
            known[key]?.samples.append(Sample(interface, tick: tick.number))
        }
        let oldest = newest - max(ticks, Int64(SlidingSums.leastKept))
        for (key, one) in known where (one.samples.first?.tick ?? 0) <= oldest {
            let kept = one.samples.filter { $0.tick > oldest }
            known[key] = kept.isEmpty ? nil : Known(node: one.node, samples: kept)
        }
    }

    /// Those that were told of in the window.
    var all: [(key: Key, sums: Sums)] {
        known.compactMap { key, one in
            guard let last = one.samples.last, last.tick > newest - ticks else { return nil }
            var sums = Sums()
            sums.node = one.node
            for sample in one.samples where sample.tick > newest - ticks { sums.add(sample) }
            return (key, sums)
        }
    }

    /// What each sample says, by tick, oldest first; where there is none, the one before.
    func history(of key: Key, _ value: (Sums) -> Double) -> [Double] {
        let samples = (known[key]?.samples ?? []).map { sample in
            var sums = Sums()
            sums.add(sample)
            return (sample.tick, value(sums))
        }
        return TickValues.filled(samples, upTo: newest)
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
