extension DetectorBank {
    private static let format: UInt32 = 0x5744_4201  // "WDB", version 1

    /// All that is known of the series, to be kept over a restart; slots stay the same.
    package func encoded() -> [UInt8] {
        var writer = DetectorStateWriter()
        writer.reserve(64 + watches.count * 420)
        writer.write(Self.format)
        writer.write(lastTick ?? -1)
        writer.write(UInt32(clamping: watches.count))
        for slot in watches.indices {
            watches[slot].write(to: &writer)
            if watches[slot].isUsed { tails[slot].write(to: &writer) }
        }
        return writer.octets
    }

    /// What ``encoded()`` gave; nil where it is damaged, of another format, or holds more series than `limit`.
    package init?(decoding octets: [UInt8], settings: Settings, limit: Int) {
        self.init(settings, limit: limit)
        var reader = DetectorStateReader(octets)
        do {
            guard try reader.read(UInt32.self) == Self.format else { return nil }
            let tick = try reader.read(in: -1...Self.lastPossibleTick)
            let slots = Int(try reader.read(UInt32.self))
            guard slots <= reader.left else { return nil }
            for slot in 0..<slots {
                let watch = try SeriesWatch(from: &reader)
                watches.append(watch)
                tails.append(watch.isUsed ? try TailGuard(from: &reader) : TailGuard())
                if watch.isUsed { count += 1 } else { free.append(slot) }
            }
            guard reader.left == 0, count <= limit else { return nil }
            lastTick = tick < 0 ? nil : tick
        } catch {
            return nil
        }
    }
}

extension SeriesWatch {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(UInt8(isUsed ? 1 : 0))
        guard isUsed else { return }
        writer.write(birth)
        for gate in [spike, drop] {
            writer.write(UInt8(gate.isOpen ? 1 : 0))
            writer.write(gate.below)
        }
        writer.write(departure.rawValue)
        writer.write(homeRatio)
        writer.write(departedAt)
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        self.init()
        isUsed = try reader.readFlag()
        guard isUsed else { return }
        birth = try reader.read(in: 0...DetectorBank.lastPossibleTick)
        spike = ScoreGate(isOpen: try reader.readFlag(), below: try reader.read(in: 0...ScoreGate.ticksToClose))
        drop = ScoreGate(isOpen: try reader.readFlag(), below: try reader.read(in: 0...ScoreGate.ticksToClose))
        departure = try reader.read(in: 0...1 as ClosedRange<UInt8>) == 0 ? .spike : .drop
        homeRatio = try reader.read(in: ratioRange)
        departedAt = try reader.read(in: -1...DetectorBank.lastPossibleTick)
    }
}
