import FlowModel

/// Finds the longest prefix that an address lies in: networks are cut into the ranges between their ends once, and a look-up is a binary search.
@usableFromInline
struct NetworkTable<Value: Sendable>: Sendable {
    /// First addresses of the ranges, ascending, each with the value of the range up to the next.
    private let starts: [IPAddress]
    private let values: [Value?]

    /// The table of `networks`; of two with the same prefix the first stays. IPv4 addresses lie in IPv4 networks only, not in `::/0`.
    init(_ networks: [(network: IPNetwork, value: Value)]) {
        var seen: Set<IPNetwork> = []
        var all: [(network: IPNetwork, value: Value?)] = networks.filter { seen.insert($0.network).inserted }.map { ($0.network, $0.value) }
        let v4 = IPNetwork(containing: IPAddress(v4: 0), bits: 96)
        if seen.insert(v4).inserted { all.append((v4, nil)) }
        // An outer network stands before those within it.
        all.sort { ($0.network.address, $0.network.bits) < ($1.network.address, $1.network.bits) }

        var starts = [IPAddress.unspecified]
        var values: [Value?] = [nil]
        func begin(_ address: IPAddress, _ value: Value?) {
            if starts.last == address {
                values[values.count - 1] = value
            } else {
                starts.append(address)
                values.append(value)
            }
        }
        var open: [(network: IPNetwork, value: Value?)] = []
        func closeInnermost() {
            let ended = open.removeLast().network
            // No address behind the last one: nothing begins there.
            if let next = ended.addressBehind { begin(next, open.last?.value ?? nil) }
        }
        for item in all {
            while let last = open.last, !last.network.contains(item.network.address) { closeInnermost() }
            begin(item.network.address, item.value)
            open.append(item)
        }
        while !open.isEmpty { closeInnermost() }
        self.starts = starts
        self.values = values
    }

    /// The value of the longest prefix that `address` lies in.
    @usableFromInline
    func value(for address: IPAddress) -> Value? {
        var low = 0
        var high = starts.count
        // starts[low] <= address < starts[high]; the first range begins at the first address there is.
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle } else { high = middle }
        }
        return values[low]
    }
}

extension IPNetwork {
    /// The first address behind it; nil where it reaches to the last.
    fileprivate var addressBehind: IPAddress? {
        guard bits > 0 else { return nil }
        if bits > 64 {
            let (low, carry) = address.low.addingReportingOverflow(1 << UInt64(128 - bits))
            guard carry else { return IPAddress(high: address.high, low: low) }
            return address.high == .max ? nil : IPAddress(high: address.high + 1, low: low)
        }
        let (high, carry) = address.high.addingReportingOverflow(1 << UInt64(64 - bits))
        return carry ? nil : IPAddress(high: high, low: 0)
    }
}
