import FlowModel

/// Which refused sources are to be told of in the log: each once, and a few in a minute.
package struct RefusedSourceLog: Sendable {
    /// Sources that are remembered as told.
    private static let limit = 1024
    /// Lines in a minute.
    private static let linesOfMinute = 5
    private static let minute: Int64 = 60_000_000_000

    private var told: Set<IPAddress> = []
    private var minuteStart = Timestamp.unknown
    private var lines = 0

    package init() {}

    /// Those of these sources that are to be told of now.
    package mutating func take(_ sources: [IPAddress], at now: Timestamp) -> [IPAddress] {
        if now.ends(wait: Self.minute, since: minuteStart) {
            minuteStart = now
            lines = 0
        }
        var fresh: [IPAddress] = []
        for source in sources where lines < Self.linesOfMinute && told.count < Self.limit && !told.contains(source) {
            told.insert(source)
            lines += 1
            fresh.append(source)
        }
        return fresh
    }

    /// Others may send from now on: who is refused again is told of again.
    package mutating func forget() { told = [] }
}
