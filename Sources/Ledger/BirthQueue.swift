/// Rows that show 0 still, in the order in which they were created.
struct BirthQueue: Sendable {
    enum Place: Sendable {
        case row(Int)
        case rare(Int)
    }

    private var waiting: [(place: Place, created: Int64)] = []
    private var first = 0

    mutating func append(_ place: Place, created: Int64) {
        waiting.append((place, created))
    }

    /// Takes the first one out, if it was created at `moment` or before.
    mutating func popFirst(createdUntil moment: Int64) -> (place: Place, created: Int64)? {
        guard first < waiting.count, waiting[first].created <= moment else { return nil }
        defer {
            first += 1
            if first > 1024, first * 2 > waiting.count {
                waiting.removeFirst(first)
                first = 0
            }
        }
        return waiting[first]
    }
}
