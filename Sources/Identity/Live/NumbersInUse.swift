import FlowModel

/// Counts what uses each endpoint number of a table, and says which ones nothing uses any more.
struct NumbersInUse: Sendable {
    private struct Leaving: Sendable {
        /// The first snapshot without them.
        var sequence: UInt64
        var at: Timestamp
        var numbers: [EndpointNumber]
    }

    let holds: EndpointHolds
    private var uses: [UInt32] = []
    private var unused: [EndpointNumber] = []
    private var leaving: [Leaving] = []
    /// Numbers that something used until it was named anew, and until when they stay all the same, in order of the time.
    private var outliving: [(until: Timestamp, number: EndpointNumber)] = []
    private var firstOutliving = 0
    /// Numbers that something uses.
    private(set) var count = 0

    init(registry: EndpointRegistry) {
        holds = EndpointHolds(registry: registry)
    }

    /// The number of a label set, for `use`.
    mutating func number(_ labels: EndpointLabels) -> EndpointNumber {
        let number = holds.hold(labels)
        if !isUsed(number) { unused.append(number) }
        return number
    }

    private func isUsed(_ number: EndpointNumber) -> Bool {
        let index = Int(number.rawValue)
        return index < uses.count && uses[index] > 0
    }

    /// One more use of a number that is held.
    mutating func use(_ number: EndpointNumber) {
        guard !number.isPermanent else { return }
        let index = Int(number.rawValue)
        if index >= uses.count { uses.append(contentsOf: repeatElement(0, count: index + 1 - uses.count)) }
        if uses[index] == 0 { count += 1 }
        uses[index] += 1
    }

    /// One use less.
    mutating func leave(_ number: EndpointNumber) {
        if isLastLeft(number) { unused.append(number) }
    }

    /// One use less; what was counted by the number is to be seen until some time.
    mutating func leave(_ number: EndpointNumber, outliving until: Timestamp) {
        if isLastLeft(number) { outliving.append((until, number)) }
    }

    private mutating func isLastLeft(_ number: EndpointNumber) -> Bool {
        let index = Int(number.rawValue)
        guard index < uses.count, uses[index] > 0 else { return false }
        uses[index] -= 1
        if uses[index] == 0 { count -= 1 }
        return uses[index] == 0
    }

    /// Whether a snapshot is wanted for numbers to be given up.
    var hasUnused: Bool { !unused.isEmpty }

    /// Gives those up whose time is over.
    mutating func expire(at now: Timestamp) {
        while firstOutliving < outliving.count, outliving[firstOutliving].until <= now {
            let number = outliving[firstOutliving].number
            if !isUsed(number) { unused.append(number) }
            firstOutliving += 1
        }
        if firstOutliving > 1024, firstOutliving * 2 > outliving.count || firstOutliving == outliving.count {
            outliving.removeFirst(firstOutliving)
            firstOutliving = 0
        }
    }

    /// Says that the snapshot of this sequence number, and those after it, do without what is unused.
    mutating func publish(_ sequence: UInt64, at now: Timestamp) {
        guard !unused.isEmpty else { return }
        leaving.append(Leaving(sequence: sequence, at: now, numbers: unused))
        unused = []
    }

    /// The numbers that are still unused, so many nanoseconds after the snapshot that does without them, and in no snapshot that lives.
    mutating func takeGone(at now: Timestamp, after delay: Int64) -> GoneEndpoints? {
        let oldest = holds.oldest ?? .max
        var gone: Set<EndpointNumber> = []
        var done = 0
        while done < leaving.count, leaving[done].sequence <= oldest, now.ends(wait: delay, since: leaving[done].at) {
            for number in leaving[done].numbers where !isUsed(number) { gone.insert(number) }
            done += 1
        }
        leaving.removeFirst(done)
        // What left twice, and has not waited for the second time yet, goes with that.
        for number in leaving.flatMap(\.numbers) + unused { gone.remove(number) }
        if !gone.isEmpty { for (_, number) in outliving[firstOutliving...] { gone.remove(number) } }
        guard !gone.isEmpty else { return nil }
        holds.surrender(Array(gone))
        return GoneEndpoints(gone, registry: holds.registry)
    }
}
