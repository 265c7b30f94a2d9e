import FlowModel

/// A sample of the pairs of addresses that a vantage point reports, by which two of them are compared.
///
/// It holds the 256 smallest hashes of all pairs (a bottom-k sketch, Broder 1997): two vantage points that see the same packets hold the same ones, wherever
/// and however often they see them; of those that see different packets only few are in both.
package struct PairSketch: Sendable, Equatable {
    /// Hashes it holds at most.
    package static let limit = 256
    private static let seed = UInt64.random(in: .min ... .max)

    /// Ascending.
    private(set) var hashes: [UInt64] = []

    /// Of no pair.
    package init() {}

    /// Takes in a pair.
    @inline(__always)
    package mutating func insert(_ source: IPAddress, _ destination: IPAddress) {
        let hash = source.mixed(seed: Self.seed) &+ destination.mixed(seed: ~Self.seed)
        guard hashes.count < Self.limit || hash < hashes[Self.limit - 1] else { return }
        insert(hash)
    }

    /// Takes in what another one holds.
    package mutating func merge(_ other: PairSketch) {
        for hash in other.hashes { insert(hash) }
    }

    /// Which part of the pairs of the one that has fewer the other one has, too, 0...1; nil where there are too few to tell.
    package func overlap(with other: PairSketch) -> Double? {
        // Up to this bound both hold all that they have seen.
        let bound = min(bound, other.bound)
        let (left, right) = (hashes.filter { $0 <= bound }, other.hashes.filter { $0 <= bound })
        // One that has seen far more pairs holds hardly any of so large hashes as the other: then there is nothing to compare.
        let fewer = min(left.count, right.count)
        guard fewer >= 16 else { return nil }
        return Double(Set(left).intersection(right).count) / Double(fewer)
    }

    private var bound: UInt64 { hashes.count < Self.limit ? .max : hashes[Self.limit - 1] }

    private mutating func insert(_ hash: UInt64) {
        var (place, end) = (0, hashes.count)
        while place < end {
            let middle = (place + end) / 2
            if hashes[middle] < hash { place = middle + 1 } else { end = middle }
        }
        guard place < Self.limit, place == hashes.count || hashes[place] != hash else { return }
        if hashes.count == Self.limit { hashes.removeLast() }
        hashes.insert(hash, at: place)
    }
}
