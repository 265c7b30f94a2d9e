import Foundation
import Windows

/// Spike and silence: sums of traffic, each judged by what it does itself, far above it or far below.
///
/// A tick of which an exporter was away, or whose sampling has just changed, is no sample of a series. What is open stays open until the detector closes it,
/// but is only told of once it has reached the floor.
struct ChangeEvaluation: KindEvaluation {
    /// What is known of a series while it is open.
    private struct Open: Sendable {
        var judged: DetectorBank.Judged
        var expected: [Double]
    }

    /// Ticks of history for the plot.
    private static let historyTicks = 120
    /// Of a group, so many are listed.
    private static let mostListed = 20

    private(set) var rule: Rule
    private let sumsIndex: Int
    var watchedSums: Int? { sumsIndex }
    private let isSpike: Bool
    private var floor: Double
    private var sensitivity: DetectionThreshold.Sensitivity
    private var bank: DetectorBank
    /// By slot of the sums; -1: none.
    private var bankSlots: [Int] = []
    /// By slot of the bank; -1: none.
    private var sumsSlots: [Int] = []
    private var values: [Double] = []
    private var open: [Int: Open] = [:]
    private var causes = SharedCauses()
    /// Rates a second by tick and slot of the bank, the oldest overwritten; nan where there is no sample.
    private var history: [[Float]]
    private var historyPlace = 0

    init?(_ rule: Rule, sumsIndex: Int, limit: Int) {
        switch rule.settings {
        case .spike(let settings): (isSpike, floor, sensitivity) = (true, settings.floor ?? rule.quantity.defaultFloor, settings.sensitivity)
        case .silence(let settings): (isSpike, floor, sensitivity) = (false, settings.floor ?? rule.quantity.defaultFloor, settings.sensitivity)
        default: return nil
        }
        self.rule = rule
        self.sumsIndex = sumsIndex
        let settings = DetectorBank.Settings(
            detector: rule.detector, unit: DetectorBank.Settings.unit(of: rule.quantity), sides: [isSpike ? .spike : .drop])
        bank = DetectorBank(settings, limit: limit)
        history = [[Float]](repeating: [], count: Self.historyTicks)
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard rule.kind == self.rule.kind, rule.quantity == self.rule.quantity, rule.by == self.rule.by, rule.filter == self.rule.filter,
            rule.detector == self.rule.detector, let other = ChangeEvaluation(rule, sumsIndex: sumsIndex, limit: bank.limit)
        else { return false }
        self.rule = rule
        floor = other.floor
        sensitivity = other.sensitivity
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let sums = facts.sums[sumsIndex]
        follow(sums, at: facts.tick.number)
        fillValues(sums)
        bank.threshold = DetectionThreshold.theta(sensitivity: sensitivity, series: bank.count)
        let judged = bank.take(values, tick: facts.tick.number)
        remember()
        var opened: [Int] = []
        for one in judged {
            if one.hasClosed || !one.isOpen {
                close(one.slot)
            } else if var known = open[one.slot] {
                known.judged = one
                known.expected.append(perSecond(one.expected ?? known.judged.expected ?? 0))
                if known.expected.count > Self.historyTicks { known.expected.removeFirst() }
                open[one.slot] = known
                if !causes.contains(one.slot), reachesFloor(one) { opened.append(one.slot) }
            } else {
                open[one.slot] = Open(judged: one, expected: [perSecond(one.expected ?? 0)])
                if reachesFloor(one) { opened.append(one.slot) }
            }
        }
        if !opened.isEmpty { begin(opened, sums, facts) }
        return findings(sums, facts)
    }

    // MARK: Series

    private mutating func follow(_ sums: SeriesSums, at tick: Int64) {
        for slot in sums.gone where slot < bankSlots.count && bankSlots[slot] >= 0 {
            let place = bankSlots[slot]
            close(place)
            bank.remove(place)
            sumsSlots[place] = -1
            bankSlots[slot] = -1
            for index in history.indices where place < history[index].count { history[index][place] = .nan }
        }
        while bankSlots.count < sums.names.count { bankSlots.append(-1) }
        for slot in sums.names.indices where bankSlots[slot] < 0 && sums.names[slot] != nil {
            guard let place = bank.add(at: tick) else { continue }
            while sumsSlots.count <= place { sumsSlots.append(-1) }
            bankSlots[slot] = place
            sumsSlots[place] = slot
        }
    }

    private mutating func fillValues(_ sums: SeriesSums) {
        while values.count < sumsSlots.count { values.append(.nan) }
        for (place, slot) in sumsSlots.enumerated() {
            values[place] = slot < 0 || sums.isUncertain[slot] ? .nan : rule.quantity.value(of: sums.sums[slot])
        }
    }

    private mutating func remember() {
        historyPlace = (historyPlace + 1) % Self.historyTicks
        history[historyPlace].removeAll(keepingCapacity: true)
        for value in values { history[historyPlace].append(Float(value / Double(ClosedTick.seconds))) }
    }

    // MARK: Opening and closing

    private mutating func close(_ place: Int) {
        open[place] = nil
        causes.close(place)
    }

    private func reachesFloor(_ judged: DetectorBank.Judged) -> Bool {
        perSecond(isSpike ? judged.value : judged.expected ?? 0) >= floor
    }

    private func perSecond(_ amount: Double) -> Double { amount / Double(ClosedTick.seconds) }

    private mutating func begin(_ places: [Int], _ sums: SeriesSums, _ facts: TickFacts) {
        let nodes = NodesOfSeries.find(Set(places.map { sumsSlots[$0] }), of: sums, facts)
        let openings = places.map { SharedCauses.Opening(slot: $0, labels: sums.labels(of: sumsSlots[$0]), node: nodes[sumsSlots[$0]]) }
        causes.open(openings, at: facts.tick.number)
    }

    // MARK: Findings

    private func findings(_ sums: SeriesSums, _ facts: TickFacts) -> [Finding] {
        if causes.groups.isEmpty { return [] }
        let slots = Set(causes.groups.flatMap { $0.members.prefix(Self.mostListed) }.map { sumsSlots[$0] })
        let pairs = sums.pairs(of: slots, in: facts.tick, facts.pairs)
        return causes.groups.compactMap { finding($0, sums, pairs) }
    }

    private func finding(_ group: SharedCauses.Group, _ sums: SeriesSums, _ pairs: [Int: [WorkloadPair]]) -> Finding? {
        let members = group.members.compactMap { place in open[place].map { (place: place, open: $0) } }.sorted { left, right in
            (change(right.open.judged), left.place) < (change(left.open.judged), right.place)
        }
        guard let largest = members.first else { return nil }
        let judged = largest.open.judged
        let expectations = members.compactMap(\.open.judged.expected)
        let measure = Finding.Measure(
            value: members.reduce(0) { $0 + perSecond($1.open.judged.value) },
            expected: expectations.isEmpty ? nil : expectations.reduce(0) { $0 + perSecond($1) },
            limit: members.count == 1 ? judged.limit.map(perSecond) : nil, unit: "\(rule.quantity.unit)/s",
            score: members.map(\.open.judged.score).max(), judge: judged.judge)
        let said = sentence(judged, sums.labels(of: sumsSlots[largest.place]))
        var finding = Finding(
            labels: group.labels, measure: measure,
            words: members.count == 1 ? said : "\(members.count) series\(Self.sharing(group)) are \(departure) at once; most of all \(said)",
            scope: .pairs(members.prefix(Self.mostListed).flatMap { pairs[sumsSlots[$0.place]] ?? [] }))
        if members.count > 1 {
            finding.details = members.prefix(Self.mostListed).map { sentence($0.open.judged, sums.labels(of: sumsSlots[$0.place])) }
            if members.count > Self.mostListed { finding.details.append("and \(members.count - Self.mostListed) more") }
        }
        finding.details.append(
            "Judged by \(judged.judge), score \(NumberText.short(judged.score)), told from \(NumberText.short(bank.threshold)) on.")
        (finding.history, finding.expectedHistory) = plot(largest.place, largest.open)
        return finding
    }

    private var departure: String { isSpike ? "far above what they usually are" : "far below what they usually are" }

    private func change(_ judged: DetectorBank.Judged) -> Double { abs(judged.value - (judged.expected ?? 0)) }

    /// `shop/frontend → shop/cart: 12.3 MB/s, where 1.1 MB/s are expected and up to 3.2 MB/s usual`.
    private func sentence(_ judged: DetectorBank.Judged, _ labels: [String: String]) -> String {
        var text = "\(SeriesText.string(labels)): \(NumberText.rate(perSecond(judged.value), of: rule.quantity))"
        guard let expected = judged.expected else { return text }
        text += ", where \(NumberText.rate(perSecond(expected), of: rule.quantity)) is expected"
        guard let limit = judged.limit else { return text }
        return text + " and \(isSpike ? "up to" : "down to") \(NumberText.rate(perSecond(limit), of: rule.quantity)) is usual"
    }

    private static func sharing(_ group: SharedCauses.Group) -> String {
        switch group.cause {
        case .single, .everything: ""
        case .source: " from \(SeriesText.end(group.labels, "source"))"
        case .destination: " to \(SeriesText.end(group.labels, "destination"))"
        case .node: " on node \(group.labels["node"] ?? "")"
        }
    }

    /// The last ticks of a series; one without a sample is drawn like the one before it.
    private func plot(_ place: Int, _ open: Open) -> (values: [Double], expected: [Double]) {
        var values: [Double] = []
        for offset in 1...Self.historyTicks {
            let tick = history[(historyPlace + offset) % Self.historyTicks]
            let value = place < tick.count ? Double(tick[place]) : .nan
            if value.isNaN, values.isEmpty { continue }
            values.append(value.isNaN ? values.last ?? 0 : value)
        }
        let missing = max(0, values.count - open.expected.count)
        let before = [Double](repeating: open.expected.first ?? 0, count: missing)
        return (values, Array((before + open.expected).suffix(values.count)))
    }
}

// MARK: Over a restart

extension ChangeEvaluation {
    private var shape: String {
        let filter = [
            rule.filter.sourceNamespace, rule.filter.sourceWorkload, rule.filter.sourceApp, rule.filter.destinationNamespace,
            rule.filter.destinationWorkload, rule.filter.destinationApp,
        ]
        return "\(rule.kind.rawValue) \(rule.quantity.rawValue) \(rule.detector.rawValue) \(rule.by.map(\.rawValue)) \(filter.map(\.texts))"
    }

    func saved(_ sums: [SeriesSums]) -> SavedDetection.Series? {
        let known = sums[sumsIndex].names
        let names = sumsSlots.map { $0 >= 0 && $0 < known.count ? known[$0] : nil }
        let groups = causes.groups.map { group in
            let members = group.members.compactMap { place in open[place].map { SavedDetection.Series.Member($0.judged) } }
            return SavedDetection.Series.Group(cause: group.cause.rawValue, labels: group.labels, opened: group.opened, members: members)
        }
        return SavedDetection.Series(
            rule: rule.name, shape: shape, names: names, bank: Data(bank.encoded()).base64EncodedString(), groups: groups)
    }

    mutating func rewind(to tick: Int64) -> Bool {
        bank.rewind(to: tick)
        causes.rewind(to: tick)
        return true
    }

    mutating func restore(_ saved: SavedDetection.Series, _ sums: inout [SeriesSums], at tick: Int64) {
        guard saved.shape == shape, let octets = Data(base64Encoded: saved.bank), saved.names.count <= bank.limit,
            let bank = DetectorBank(decoding: [UInt8](octets), settings: bank.settings, limit: bank.limit), bank.lastTick ?? 0 <= tick
        else { return }
        self.bank = bank
        sumsSlots = []
        bankSlots = []
        for (place, name) in saved.names.enumerated() {
            sumsSlots.append(-1)
            guard let name, name.count == rule.by.count else {
                self.bank.remove(place)
                continue
            }
            let slot = sums[sumsIndex].slot(of: name, lastActive: tick)
            while bankSlots.count <= slot { bankSlots.append(-1) }
            // A name that is there twice has only one of the states.
            guard bankSlots[slot] < 0 else {
                self.bank.remove(place)
                continue
            }
            bankSlots[slot] = place
            sumsSlots[place] = slot
        }
        for group in saved.groups {
            guard let cause = SharedCauses.Cause(rawValue: group.cause) else { continue }
            let members = group.members.filter { sumsSlots.indices.contains($0.slot) && sumsSlots[$0.slot] >= 0 && !causes.contains($0.slot) }
            if members.isEmpty { continue }
            let opened = min(max(group.opened, 0), max(tick, 0))
            causes.restore(SharedCauses.Group(cause: cause, labels: group.labels, opened: opened, members: members.map(\.slot)))
            for member in members {
                open[member.slot] = Open(judged: member.judged(isSpike ? .spike : .drop), expected: [perSecond(member.expected ?? 0)])
            }
        }
    }
}
