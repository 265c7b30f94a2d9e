extension DetectorBank {
    /// Has the detectors of a series take a value; what they say of it.
    @inline(__always)
    mutating func opinions(on value: Float, of slot: Int, _ place: TickPlace, _ tick: Int64) -> (spike: SeriesOpinion, drop: SeriesOpinion) {
        var (spike, drop) = (SeriesOpinion(), SeriesOpinion())
        if hasTails {
            let age = tick - watches[slot].birth
            let unit = Float(settings.unit)
            let scores = tails[slot].take(value, at: place, isWary: true, unit: unit)
            spike = SeriesOpinion(score: scores.spike, isSlow: scores.spikeIsSlow)
            drop = SeriesOpinion(score: scores.drop, isSlow: scores.dropIsSlow)
            if place.endsHour { watches[slot].comeHome(at: tails[slot].levelRatio(unit: unit), width: tails[slot].riseWidth, tick: tick) }
            watches[slot].settle(hasSample: !value.isNaN)
            if isDoubtful(slot, place) { drop.score *= Self.doubt }
            if age <= HandOver.end { hearYoung(value, slot, age, tick, &spike, &drop) }
        }
        if hasRecords {
            records[slot].take(value)
            if (tick + 1) % RecordWatch.ticks == 0 { records[slot].end(at: tick) }
            let score = records[slot].score
            if records[slot].side == .spike {
                spike.hear(score, isSlow: true, from: .record3)
            } else {
                drop.hear(score, isSlow: true, from: .record3)
            }
        }
        return (spike, drop)
    }

    /// What a drop's score is multiplied with where there is a plain reason for it.
    private static let doubt: Float = 0.5

    /// Whether a series may be low for a plain reason: it comes back after a gap, or it is its first weekend.
    @inline(__always)
    private func isDoubtful(_ slot: Int, _ place: TickPlace) -> Bool { watches[slot].isSettling || tails[slot].isNewKindOfDay(place) }

    @inline(never)
    private mutating func hearYoung(
        _ value: Float, _ slot: Int, _ age: Int64, _ tick: Int64, _ spike: inout SeriesOpinion, _ drop: inout SeriesOpinion
    ) {
        let weights = HandOver.weights(age: age)
        spike.score *= weights.spike
        drop.score *= weights.drop
        if !value.isNaN {
            let scores = youngs[slot].take(value, isFirst: tails[slot].samples == 1, offset: youngOffset(slot))
            spike.hear(scores.minute, isSlow: false, from: .young)
            spike.hear(scores.held, isSlow: true, from: .young)
        }
        if (tick + 1) % YoungGuard.blockTicks == 0 { youngs[slot].endBlock() }
    }

    /// Values of this size mean nothing by themselves: of what lasts, half as much does as of a tick.
    private func youngOffset(_ slot: Int) -> Float { 0.5 * tails[slot].offset(unit: Float(settings.unit)) }

    /// Opens and closes a series' alert to one side; adds to `judged` what is notable. A side that is not told of is followed, too: what comes back from there
    /// is no departure.
    mutating func decide(
        _ slot: Int, _ opinion: SeriesOpinion, _ side: DetectorSide, _ value: Float, _ place: TickPlace, _ tick: Int64, _ judged: inout [Judged]
    ) {
        let score = Double(opinion.score)
        let wasOpen = watches[slot][side].isOpen && !watches[slot][side].isMute
        var hasClosed = false
        if watches[slot][side].isOpen {
            hasClosed = watches[slot][side].closes(with: score, threshold: settings.threshold)
            if !wasOpen {
                guard !hasClosed, score >= settings.threshold, !watches[slot].habits.covers(side, at: tick) else { return }
                watches[slot][side].open()
            }
        } else {
            let wantsToOpen = watches[slot][side].wantsToOpen(with: score, isSlow: opinion.isSlow, threshold: settings.threshold)
            guard wantsToOpen || score >= SeriesHabits.leastScore, !isReturn(slot, side, value, place, tick) else { return }
            let isUsual = watches[slot].habits.isUsual(score, side, at: tick)
            guard wantsToOpen else { return }
            watches[slot][side].open(isMute: isUsual)
            if isUsual { return }
            watches[slot].depart(side, from: tails[slot].levelRatio(before: value, unit: Float(settings.unit)), at: tick)
        }
        guard settings.sides.contains(side) else { return }
        let comparison = comparison(slot, opinion, side, value, place, tick)
        judged.append(
            Judged(
                slot: slot, score: score, side: side, value: comparison.value, expected: comparison.expected, limit: comparison.limit,
                judge: opinion.judge.rawValue, isOpen: !hasClosed, hasOpened: !wasOpen, hasClosed: hasClosed))
    }

    /// Whether a series only comes back from where it went in the last day: what it does is usual for the level that held before.
    private func isReturn(_ slot: Int, _ side: DetectorSide, _ value: Float, _ place: TickPlace, _ tick: Int64) -> Bool {
        guard hasTails, let home = watches[slot].home(against: side, at: tick) else { return false }
        let score = tails[slot].score(value, at: place, levelRatio: home, drop: side == .drop, unit: Float(settings.unit))
        return Double(score) < settings.threshold
    }

    private func comparison(
        _ slot: Int, _ opinion: SeriesOpinion, _ side: DetectorSide, _ value: Float, _ place: TickPlace, _ tick: Int64
    ) -> TailGuard<Float>.Comparison {
        let threshold = Float(settings.threshold)
        let weights = HandOver.weights(age: tick - watches[slot].birth)
        switch opinion.judge {
        case .tailguard:
            let weight = max(side == .drop ? weights.drop * (isDoubtful(slot, place) ? Self.doubt : 1) : weights.spike, 0.01)
            return tails[slot].comparison(
                value, at: place, drop: side == .drop, isSlow: opinion.isSlow, threshold: threshold / weight, unit: Float(settings.unit))
        case .young:
            let (expected, limit) = youngs[slot].limit(isHeld: opinion.isSlow, threshold: threshold, offset: youngOffset(slot))
            return TailGuard.Comparison(value: Double(opinion.isSlow ? tails[slot].slow : value), expected: Double(expected), limit: Double(limit))
        case .record3:
            let watch = records[slot]
            return TailGuard.Comparison(value: Double(watch.value), expected: Double(watch.expected), limit: Double(watch.limit))
        }
    }
}
