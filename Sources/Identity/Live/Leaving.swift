import FlowModel

/// What has ended and is remembered for a time all the same, in the order of its ends.
struct Leaving<Element: Sendable>: Sendable {
    /// So much is remembered: who changes objects to and fro ends the same things over and over.
    private static var most: Int { 262_144 }

    private var queue: [(until: Timestamp, element: Element)] = []

    /// Times ascend.
    mutating func add(_ element: Element, until: Timestamp) {
        queue.append((until, element))
    }

    /// Takes out what has been remembered for long enough, and what ended first where there is too much of it: so many are taken out early.
    mutating func takeDue(at now: Timestamp) -> (elements: [Element], early: Int) {
        let over = queue.firstIndex { $0.until > now } ?? queue.count
        let due = max(over, queue.count - Self.most)
        guard due > 0 else { return ([], 0) }
        defer { queue.removeFirst(due) }
        return (queue[..<due].map(\.element), due - over)
    }
}
