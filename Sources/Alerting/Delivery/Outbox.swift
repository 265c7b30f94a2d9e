import FlowModel

/// What a receiver is still to be told, in its order, one thing at a time.
///
/// It decides and does nothing: who asks `next` sends what it gets, and says with `finish` what became of it.
package struct Outbox<Content: Sendable & Codable>: Sendable, Codable {
    /// Something to be told.
    package struct Item: Sendable, Codable {
        /// Counts up.
        package let number: UInt64
        package let made: Timestamp
        /// How much of the room it takes: a message of several alerts as much as those.
        package let weight: Int
        package var content: Content
    }

    /// Why something was given up.
    package enum Loss: String, Sendable, CaseIterable {
        /// There was no room for it.
        case noRoom = "no_room"
        /// The receiver was away for too long.
        case tooOld = "too_old"
        /// The receiver did not want it.
        case refused
    }

    /// How much waits, and for how long.
    package struct Limits: Sendable, Equatable {
        /// Of the items' weights.
        package var count: Int
        /// Nanoseconds.
        package var age: Int64

        package init(count: Int, age: Int64) {
            self.count = max(count, 1)
            self.age = age
        }
    }

    private(set) package var items: [Item] = []
    private var nextNumber: UInt64 = 1
    private var retry = RetryWait()
    /// The item that is being sent. Not kept over a restart: it is sent again then.
    private var sending: UInt64?

    private enum CodingKeys: String, CodingKey {
        case items, nextNumber, retry
    }

    package init() {}

    /// The weight of what waits.
    package var count: Int { items.reduce(0) { $0 + $1.weight } }

    /// Adds something; what had to be given up for it, the oldest first.
    package mutating func add(_ content: Content, weight: Int = 1, at now: Timestamp, _ limits: Limits) -> [Item] {
        items.append(Item(number: nextNumber, made: now, weight: max(weight, 1), content: content))
        nextNumber &+= 1
        var lost: [Item] = []
        var weight = count
        // What came last stays, however much it weighs.
        while weight > limits.count, let index = items.dropLast().firstIndex(where: { $0.number != sending }) {
            weight -= items[index].weight
            lost.append(items.remove(at: index))
        }
        return lost
    }

    /// Takes out what is too old.
    package mutating func expire(at now: Timestamp, _ limits: Limits) -> [Item] {
        let old = items.filter { now.since($0.made) > limits.age && $0.number != sending }
        if !old.isEmpty { items.removeAll { item in old.contains { $0.number == item.number } } }
        return old
    }

    /// What is to be sent now; nil where there is nothing, or something is being sent, or it is not yet time to try again.
    package mutating func next(at now: Timestamp) -> Item? {
        guard sending == nil, let item = items.first, retry.isOver(at: now) else { return nil }
        sending = item.number
        return item
    }

    /// Takes in what became of an item; the item, where it is done with, and whether it was given up.
    package mutating func finish(
        _ number: UInt64, _ outcome: Outcome, at now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> (item: Item, loss: Loss?)? {
        guard sending == number else { return nil }
        sending = nil
        guard let index = items.firstIndex(where: { $0.number == number }) else { return nil }
        switch outcome {
        case .delivered:
            retry.succeed()
            return (items.remove(at: index), nil)
        case .refused:
            // It answers, so that what comes behind may go at once.
            retry.succeed()
            return (items.remove(at: index), .refused)
        case .failed:
            retry.fail(at: now, using: &random)
            return nil
        }
    }
}
