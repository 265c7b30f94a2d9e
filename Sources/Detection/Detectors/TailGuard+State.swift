extension TailGuard<Float> {
    func write(to writer: inout DetectorStateWriter) {
        for channel in 0..<4 {
            writer.write(mean[channel])
            writer.write(variance[channel])
            writer.write(maximum[channel])
            writer.write(hours[channel])
        }
        for bucket in 0..<48 {
            writer.write(profile[bucket])
            writer.write(visits(bucket))
        }
        writer.write(alarmed)
        writer.write(UInt8(wasActive ? 1 : 0))
        writer.write(hourCount)
        writer.write(samples)
        for number in [hourSum, activity, level, slow, slowExpected, recent, recentExpected] { writer.write(number) }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        self.init()
        for channel in 0..<4 {
            mean[channel] = try reader.read(in: ratioRange)
            variance[channel] = try reader.read(in: varianceRange)
            maximum[channel] = try reader.read(in: -1e9...200)
            hours[channel] = try reader.read(in: 0...168)
        }
        for bucket in 0..<48 {
            profile[bucket] = try reader.read(in: amountRange)
            setVisits(bucket, try reader.read(in: 0...8))
        }
        alarmed = try reader.read(in: 0...15)
        wasActive = try reader.readFlag()
        hourCount = try reader.read()
        samples = try reader.read()
        hourSum = try reader.read(in: amountRange)
        activity = try reader.read(in: 0...1.001)
        level = try reader.read(in: amountRange)
        slow = try reader.read(in: amountRange)
        slowExpected = try reader.read(in: amountRange)
        recent = try reader.read(in: amountRange)
        recentExpected = try reader.read(in: amountRange)
    }
}
