import FlowModel

/// When exporters were heard, and how long after a packet they tell of it: so that a gap is not taken for silence, and no tick is judged before it is whole.
struct ExporterPresence: Sendable {
    private static let delays = ReportDelays.ticks
    /// Of an exporter's bytes, so many of a thousand must have come before a tick is judged.
    private static let wanted = 0.995
    /// Bytes are worth half of that after so many ticks.
    private static let memory: Int64 = 40
    /// Ticks of a look back in which a regular exporter is heard most of the time.
    private static let lookBack = 20
    /// An exporter that has told of little may yet show that it waits long: a flow exporter's active timeout is a minute, most often.
    private static let patience: Int64 = 60

    private static let hour: Int64 = 240
    /// Ticks in which an exporter must have been heard before others wait for it.
    private static let fewestTicks = 3

    private struct Exporter: Sendable {
        var isKnown = false
        /// Bit n: it was heard in the tick `latest - n`.
        var heard: UInt64 = 0
        var latest: Int64 = 0
        /// When it was first heard; when its first flow came, after that.
        var began: Int64 = 0
        var delays = InlineArray<64, Double>(repeating: 0)
        var sum = 0.0
        var isPacketwise = false
        /// Of its sequence much was missing in these ticks, in the way of `heard`.
        var lossy: UInt64 = 0

        mutating func advance(to tick: Int64) {
            guard tick > latest else { return }
            let shift = tick - latest
            heard = shift < 64 ? heard << UInt64(shift) : 0
            lossy = shift < 64 ? lossy << UInt64(shift) : 0
            latest = tick
        }

        func bit(_ bits: UInt64, _ tick: Int64) -> Bool {
            let age = latest - tick
            return age >= 0 && age < 64 && bits >> UInt64(age) & 1 == 1
        }
    }

    /// By number.
    private var exporters: [Exporter] = []
    private var faded: Int64 = 0

    /// Notes that a datagram came, of any content.
    mutating func heard(_ exporter: ExporterNumber, tick: Int64) {
        update(exporter, tick) { $0.heard |= 1 << UInt64($0.latest - tick) }
    }

    /// Notes that much of an exporter's sequence is missing: of all ticks that it would have told of now.
    mutating func lost(_ exporter: ExporterNumber, tick: Int64) {
        update(exporter, tick) { entry in
            for age in 0...Self.delay(of: entry) { entry.lossy |= 1 << UInt64(min(entry.latest - tick + age, 63)) }
        }
    }

    private mutating func update(_ exporter: ExporterNumber, _ tick: Int64, _ body: (inout Exporter) -> Void) {
        let place = Int(exporter.rawValue)
        while exporters.count <= place { exporters.append(Exporter()) }
        // A clock that was set back far: it begins anew.
        if !exporters[place].isKnown || exporters[place].latest - tick >= 64 {
            exporters[place] = Exporter(isKnown: true, latest: tick, began: tick)
        }
        exporters[place].advance(to: tick)
        body(&exporters[place])
    }

    private func known(_ exporter: ExporterNumber) -> Exporter? {
        let place = Int(exporter.rawValue)
        return place < exporters.count && exporters[place].isKnown ? exporters[place] : nil
    }

    /// Notes how long after their first packets flows were told of.
    mutating func note(_ delays: borrowing ReportDelays) {
        let place = Int(delays.exporter.rawValue)
        guard place < exporters.count, exporters[place].isKnown else { return }
        let sum = delays.sum
        // One whose flows another one tells of.
        guard sum > 0 else { return }
        if exporters[place].sum == 0 { exporters[place].began = exporters[place].latest }
        for ticks in 0..<Self.delays { exporters[place].delays[ticks] += Double(delays.bytes[ticks]) }
        exporters[place].sum += Double(sum)
        if delays.isPacketwise { exporters[place].isPacketwise = true }
    }

    /// Whether an exporter that is heard regularly was not heard in a tick and around it, or lost much of it. One that went silent stays away until it is
    /// heard again or forgotten.
    private static func wasAway(_ entry: Exporter, _ tick: Int64) -> Bool {
        if entry.bit(entry.lossy, tick) || entry.bit(entry.lossy, tick + 1) { return true }
        // One that comes back after a gap has not told of the tick before.
        if entry.bit(entry.heard, tick) || entry.bit(entry.heard, tick + 1) && entry.bit(entry.heard, tick - 1) { return false }
        // Whether it is heard regularly, by the ticks before this one, or before it went silent.
        let last = min(tick - 1, entry.latest)
        let looks = (0..<Self.lookBack).count { entry.bit(entry.heard, last - Int64($0)) }
        return looks >= Self.lookBack / 2
    }

    /// Whether any exporter was away that was heard within the hour before.
    func anyAway(tick: Int64) -> Bool {
        exporters.contains { $0.isKnown && tick - $0.latest < Self.hour && Self.wasAway($0, tick) }
    }

    /// When an exporter was last heard, and whether it was away in a tick; nil for one that is not known.
    func standing(of exporter: ExporterNumber, tick: Int64) -> (latest: Int64, wasAway: Bool)? {
        known(exporter).map { ($0.latest, Self.wasAway($0, tick)) }
    }

    /// The exporters that tell of much so late that its tick has been closed by then.
    func slow(beyond ticks: Int64) -> Set<ExporterNumber> {
        Set(
            exporters.indices.filter { exporters[$0].isKnown && exporters[$0].sum > 0 && Self.delay(of: exporters[$0]) > ticks }
                .map { ExporterNumber(rawValue: UInt16(truncatingIfNeeded: $0)) })
    }

    /// How many ticks after its end a tick is whole, as far as these exporters have shown.
    func delay(at tick: Int64) -> Int64 {
        var longest: Int64 = 0
        for entry in exporters where entry.isKnown && tick - entry.latest < 64 {
            let isYoung = !entry.isPacketwise && tick - entry.began < Self.memory
            if isYoung { longest = max(longest, Self.patience / ClosedTick.seconds) }
            if entry.sum > 0, entry.heard.nonzeroBitCount >= Self.fewestTicks { longest = max(longest, Self.delay(of: entry)) }
        }
        return longest
    }

    /// After so many ticks nearly all has been told of by an exporter.
    private static func delay(of entry: Exporter) -> Int64 {
        var covered = 0.0
        for ticks in 0..<delays {
            covered += entry.delays[ticks]
            if covered >= wanted * entry.sum { return Int64(ticks) }
        }
        return Int64(delays - 1)
    }

    /// Makes what was long ago weigh less, and forgets exporters that are gone.
    mutating func fade(at tick: Int64) {
        guard tick - faded >= Self.memory || tick < faded else { return }
        faded = tick
        for place in exporters.indices where exporters[place].isKnown {
            if tick - exporters[place].latest >= 5760 { exporters[place] = Exporter() }
            for ticks in 0..<Self.delays { exporters[place].delays[ticks] /= 2 }
            exporters[place].sum /= 2
        }
    }
}
