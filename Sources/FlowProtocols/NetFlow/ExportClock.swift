import FlowModel

/// What a message's header says of time: makes the times of its records absolute.
struct ExportClock {
    /// When the message was sent.
    var exportTime: Timestamp
    /// The exporter's uptime then, in milliseconds, modulo 2^32; nil where neither the header nor IE 160 `systemInitTimeMilliseconds` tells.
    var uptime: UInt32?

    /// The same clock with the uptime that a system's start (milliseconds since 1970, IE 160) gives.
    func started(atMilliseconds start: UInt64) -> ExportClock {
        let now = UInt64(bitPattern: exportTime.nanoseconds / 1_000_000)
        return ExportClock(exportTime: exportTime, uptime: UInt32(truncatingIfNeeded: now &- start))
    }

    /// The moment of an uptime in milliseconds (IE 21, 22).
    ///
    /// Uptimes wrap after 49.7 days, and a flow's may lie on the other side of a wrap than the header's; so the nearest such moment is meant.
    @inline(__always)
    func moment(uptime milliseconds: UInt64) -> Timestamp {
        guard let uptime else { return .unknown }
        let difference = Int32(truncatingIfNeeded: Int64(truncatingIfNeeded: milliseconds) &- Int64(uptime))
        return exportTime.advanced(by: Int64(difference) &* 1_000_000)
    }

    /// The moment this many microseconds before the export time (IE 158, 159).
    @inline(__always)
    func moment(microsecondsBefore delta: UInt64) -> Timestamp {
        exportTime.advanced(by: -(Int64(truncatingIfNeeded: delta & 0xFFFF_FFFF_FFFF) &* 1000))
    }

    /// The moment this many seconds after 1970 (IE 150, 151); unknown where it cannot be held.
    @inline(__always)
    static func moment(seconds: UInt64) -> Timestamp {
        seconds > 9_000_000_000 ? .unknown : Timestamp(seconds: Int64(seconds))
    }

    /// The moment this many milliseconds after 1970 (IE 152, 153); unknown where it cannot be held.
    @inline(__always)
    static func moment(milliseconds: UInt64) -> Timestamp {
        milliseconds > 9_000_000_000_000 ? .unknown : Timestamp(nanoseconds: Int64(milliseconds) &* 1_000_000)
    }

    /// The moment of an NTP timestamp: seconds since 1900 and a binary fraction (IE 154–157; RFC 7011 §6.1.9, §6.1.10). From 2036 on its seconds start
    /// at 0 again. Zero is unknown.
    @inline(__always)
    static func moment(ntp: UInt64) -> Timestamp {
        guard ntp != 0 else { return .unknown }
        let sinceEpoch = Int64(ntp >> 32) - 2_208_988_800
        let fraction = ((ntp & 0xFFFF_FFFF) &* 1_000_000_000) >> 32
        return Timestamp(seconds: sinceEpoch < 0 ? sinceEpoch + (1 << 32) : sinceEpoch, nanoseconds: Int64(fraction))
    }
}
