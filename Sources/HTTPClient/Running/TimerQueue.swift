/// What is to be done when. It has no clock; times are the caller's.
struct TimerQueue<Key: Equatable, Value> {
    /// The latest first.
    private var entries: [(due: Int64, key: Key, value: Value)] = []

    /// When the next is due; nil where there is none.
    var next: Int64? { entries.last?.due }

    mutating func add(_ value: Value, for key: Key, at due: Int64) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].due > due { low = middle + 1 } else { high = middle }
        }
        entries.insert((due, key, value), at: low)
    }

    mutating func remove(_ key: Key) {
        entries.removeAll { $0.key == key }
    }

    /// Takes out the first that is due at `now`; of several for the same time, the one that was added first.
    mutating func popDue(at now: Int64) -> Value? {
        guard let next, next <= now else { return nil }
        return entries.removeLast().value
    }
}
