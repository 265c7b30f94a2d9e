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

        init() {}

        /// Of one sample.
        fileprivate init(_ interface: ClosedTick.Interface) {
            node = interface.node
            octets = interface.octets
            packets = interface.packets
            discards = interface.discards
            errors = interface.errors
            seconds = Double(interface.duration) / 1e9
            speed = interface.speed
        }

        /// Packets that got lost here, of those that came here.
        var lost: UInt64 { discards.addingBounded(errors) }
        func share(of lost: UInt64) -> Double {
            let all = packets.addingBounded(lost)
            return all > 0 ? Double(lost) / Double(all) : 0
        }

        fileprivate mutating func add(_ other: Sums) {
            node = other.node
            octets = octets.addingBounded(other.octets)
            packets = packets.addingBounded(other.packets)
            discards = discards.addingBounded(other.discards)
            errors = errors.addingBounded(other.errors)
            seconds += other.seconds
            speed = other.speed
        }

        func perSecond(_ count: UInt64) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
        /// Of the speed.
        var utilisation: Double { speed > 0 ? perSecond(octets) * 8 / Double(speed) : 0 }
    }

    private static let limit = 100_000

    private let ticks: Int64
    /// What each sample says, of the window and of some ticks before it, for plots.
    private var samples: [Key: [(tick: Int64, sums: Sums)]] = [:]
    private var newest: Int64 = 0

    init(window: Int64) {
        ticks = Int64(SlidingSums.ticks(window))
    }

    mutating func take(_ tick: ClosedTick) {
        newest = tick.number
        for interface in tick.interfaces where interface.duration > 0 {
            let key = Key(exporter: interface.exporter, interface: interface.interface, direction: interface.direction)
            guard samples[key] != nil || samples.count < Self.limit else { continue }
            samples[key, default: []].append((newest, Sums(interface)))
        }
        let oldest = newest - max(ticks, Int64(SlidingSums.leastKept))
        for (key, known) in samples where (known.first?.tick ?? 0) <= oldest {
            let kept = known.filter { $0.tick > oldest }
            samples[key] = kept.isEmpty ? nil : kept
        }
    }

    /// Those that were told of in the window.
    var all: [(key: Key, sums: Sums)] {
        samples.compactMap { key, samples in
            guard let last = samples.last, last.tick > newest - ticks else { return nil }
            var sums = Sums()
            for sample in samples where sample.tick > newest - ticks { sums.add(sample.sums) }
            return (key, sums)
        }
    }

    /// What each sample says, by tick, oldest first; where there is none, the one before.
    func history(of key: Key, _ value: (Sums) -> Double) -> [Double] {
        TickValues.filled((samples[key] ?? []).map { ($0.tick, value($0.sums)) }, upTo: newest)
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
