extension DetectorBank {
    /// Takes `tick` for now, after a clock that was ahead: the next tick may be this one. What is usual stays known; a series that began later begins anew.
    package mutating func rewind(to tick: Int64) {
        let now = min(max(tick, 0), Self.lastPossibleTick)
        lastTick = nil
        for slot in watches.indices where watches[slot].isUsed {
            if watches[slot].birth > now {
                tails[slot] = TailGuard()
                youngs[slot] = YoungGuard()
                if hasRecords { records[slot] = RecordWatch() }
                watches[slot] = SeriesWatch(birth: now)
            } else {
                watches[slot].forgetDepartures(after: now)
            }
        }
    }
}
