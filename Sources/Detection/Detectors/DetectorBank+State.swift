extension DetectorBank {
    private static let format: UInt32 = 0x5744_4202  // "WDB", version 2

    /// All that is known of the series, to be kept over a restart; slots stay the same.
    package func encoded() -> [UInt8] {
        var writer = DetectorStateWriter()
        writer.reserve(64 + watches.count * 420)
        writer.write(Self.format)
        writer.write(settings.detector.number)
        writer.write(Float(settings.unit))
        writer.write(lastTick ?? -1)
        writer.write(UInt32(clamping: watches.count))
        for slot in watches.indices {
            watches[slot].write(to: &writer)
            guard watches[slot].isUsed else { continue }
            if hasTails {
                tails[slot].write(to: &writer)
                youngs[slot].write(to: &writer)
            }
            if hasRecords { records[slot].write(to: &writer) }
        }
        return writer.octets
    }

    /// What ``encoded()`` gave; nil where it is damaged, of another format, of other detectors or units, or holds more series than `limit`.
    package init?(decoding octets: [UInt8], settings: Settings, limit: Int) {
        self.init(settings, limit: limit)
        var reader = DetectorStateReader(octets)
        do {
            guard try reader.read(UInt32.self) == Self.format, try reader.read(UInt8.self) == settings.detector.number,
                try reader.read(in: amountRange) == Float(settings.unit)
            else { return nil }
            let tick = try reader.read(in: -1...Self.lastPossibleTick)
            let slots = Int(try reader.read(UInt32.self))
            guard slots <= limit, slots <= reader.left else { return nil }
            for slot in 0..<slots {
                let watch = try SeriesWatch(from: &reader)
                watches.append(watch)
                tails.append(watch.isUsed && hasTails ? try TailGuard(from: &reader) : TailGuard())
                youngs.append(watch.isUsed && hasTails ? try YoungGuard(from: &reader) : YoungGuard())
                if hasRecords { records.append(watch.isUsed ? try RecordWatch(from: &reader) : RecordWatch()) }
                if watch.isUsed { count += 1 } else { free.append(slot) }
            }
            guard reader.left == 0, count <= limit else { return nil }
            lastTick = tick < 0 ? nil : tick
        } catch {
            return nil
        }
    }
}

extension Rule.Detector {
    fileprivate var number: UInt8 {
        switch self {
        case .tail: 0
        case .record: 1
        case .both: 2
        }
    }
}
