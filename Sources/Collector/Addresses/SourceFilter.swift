import FlowModel

/// Which sources may send. Frozen: built once from networks, then only asked, without allocation, in logarithmic time.
package struct SourceFilter: Sendable, Equatable {
    /// Disjoint ranges of addresses in ascending order; nil where anybody may send.
    private let ranges: [ClosedRange<UInt128>]?

    /// Anybody may send.
    package static let any = SourceFilter(ranges: nil)

    private init(ranges: [ClosedRange<UInt128>]?) {
        self.ranges = ranges
    }

    /// Only addresses in one of `networks` may send; nobody, where there is none.
    package init(_ networks: [IPNetwork]) {
        var merged: [ClosedRange<UInt128>] = []
        for range in networks.map(Self.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    /// Whether nobody is refused.
    package var allowsAny: Bool { ranges == nil }

    /// Whether `source` may send.
    package func allows(_ source: IPAddress) -> Bool {
        guard let ranges else { return true }
        let number = Self.number(source)
        // The last range that begins at or before the source is the only one that can hold it.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound <= number { low = middle + 1 } else { high = middle }
        }
        return low > 0 && number <= ranges[low - 1].upperBound
    }

    private static func number(_ address: IPAddress) -> UInt128 {
        UInt128(address.high) << 64 | UInt128(address.low)
    }

    private static func range(_ network: IPNetwork) -> ClosedRange<UInt128> {
        let first = number(network.address)
        // A shift by 128 yields 0, which leaves no host bits of a single address.
        return first...(first | (UInt128.max >> UInt128(network.bits)))
    }
}
