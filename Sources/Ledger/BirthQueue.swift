/// Rows that show 0 still, in the order in which they were created.
struct BirthQueue: Sendable {
    enum Place: Sendable {
        case row(Int)
        case rare(Int)
    }

    /// 16 octets: there may be as many as there are pairs.
    private struct Entry: Sendable {
        var created: Int64
        var row: Int32
        var isRare: Bool
    }

    private var waiting: [Entry] = []
    private var first = 0

    mutating func append(_ place: Place, created: Int64) {
        switch place {
        case .row(let row): waiting.append(Entry(created: created, row: Int32(truncatingIfNeeded: row), isRare: false))
        case .rare(let row): waiting.append(Entry(created: created, row: Int32(truncatingIfNeeded: row), isRare: true))
        }
    }

    /// Takes the first one out, if it was created at `moment` or before.
    mutating func popFirst(createdUntil moment: Int64) -> (place: Place, created: Int64)? {
        guard first < waiting.count, waiting[first].created <= moment else { return nil }
        let entry = waiting[first]
        first += 1
        if first == waiting.count {
            waiting = []
            first = 0
        } else if first > 1024, first * 2 > waiting.count {
            waiting = Array(waiting[first...])
            first = 0
        }
        return (entry.isRare ? .rare(Int(entry.row)) : .row(Int(entry.row)), entry.created)
    }
}
