/// A network in CIDR notation: an address and the number of its leading bits that count.
public struct IPNetwork: Hashable, Sendable {
    /// The network's first address: all bits behind the prefix are zero.
    public let address: IPAddress
    /// The prefix length over the 128-bit form, 0...128: an IPv4 `/24` is 120 here. `prefixLength` has the written one.
    public let bits: Int

    /// The network of `bits` leading bits (0...128, over the 128-bit form) that `address` lies in.
    public init(containing address: IPAddress, bits: Int) {
        self.bits = min(max(bits, 0), 128)
        let mask = Self.mask(self.bits)
        self.address = IPAddress(high: address.high & mask.high, low: address.low & mask.low)
    }

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; nil where it is none. Host bits may be set: they are dropped.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let base = address.isV4 ? 96 : 0
        guard parts.count == 2 else {
            self.init(containing: address, bits: 128)
            return
        }
        guard let length = Int(parts[1]), length >= 0, length <= 128 - base, parts[1].first != "+" else { return nil }
        self.init(containing: address, bits: base + length)
    }

    /// The prefix length as it is written: 0...32 for IPv4, 0...128 for IPv6.
    public var prefixLength: Int { isV4 ? bits - 96 : bits }

    /// Whether this is a network of IPv4 addresses.
    public var isV4: Bool { address.isV4 && bits >= 96 }

    /// Whether `other` lies in this network.
    @inlinable
    public func contains(_ other: IPAddress) -> Bool {
        let mask = Self.mask(bits)
        return other.high & mask.high == address.high && other.low & mask.low == address.low
    }

    @usableFromInline
    static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        // A Swift shift by 64 or more yields 0, which is what a mask of no bits is.
        (bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)), bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64)))
    }
}

extension IPNetwork: CustomStringConvertible {
    /// CIDR notation.
    public var description: String { "\(address)/\(prefixLength)" }
}
