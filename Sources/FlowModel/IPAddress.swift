/// An IPv4 or IPv6 address as one 128-bit number; IPv4 is held as its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
///
/// So both families share tables, comparisons and hashes, and an exporter that writes IPv4 addresses in the mapped form names the same end.
public struct IPAddress: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The upper 64 bits, as a number in host order.
    public var high: UInt64
    /// The lower 64 bits, as a number in host order.
    public var low: UInt64

    /// The address with these halves, each a number in host order.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The IPv4 address with this number in host order (`0x0A000001` is 10.0.0.1).
    @inlinable
    public init(v4: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4))
    }

    /// `::`, which also stands for "the record has no address" (ARP, for one).
    @inlinable public static var unspecified: IPAddress { IPAddress(high: 0, low: 0) }

    /// Whether this is an IPv4 address.
    @inlinable
    public var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The IPv4 address as a number in host order; nil for IPv6.
    @inlinable
    public var v4: UInt32? { isV4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// Whether the record had no address here (`::`).
    @inlinable
    public var isUnspecified: Bool { high == 0 && low == 0 }

    /// In the order of the 128-bit numbers: IPv4 before most of IPv6.
    @inlinable
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// A well-mixed 64-bit hash, the same in every run; for tables whose keys an attacker cannot usefully choose, seed it.
    @inlinable
    public func mixed(seed: UInt64 = 0) -> UInt64 {
        // The folded multiply of wyhash: one 128-bit product mixes both halves.
        let product = (low ^ 0x9E37_79B9_7F4A_7C15 ^ seed).multipliedFullWidth(by: high ^ 0xA076_1D64_78BD_642F ^ seed)
        let folded = product.high ^ product.low
        let second = (folded ^ low).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return second.high ^ second.low
    }
}

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Reads dotted-decimal IPv4 or RFC 4291 IPv6 text (no zone, no prefix length); nil where it is neither.
    public init?(_ text: String) {
        self.init(text[...])
    }

    /// Reads dotted-decimal IPv4 or RFC 4291 IPv6 text (no zone, no prefix length); nil where it is neither.
    public init?(_ text: Substring) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let parsed = Self.parseV6(text) else { return nil }
            self = parsed
        } else {
            guard let v4 = Self.parseV4(text) else { return nil }
            self.init(v4: v4)
        }
    }

    private static func parseV4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let octet = UInt8(part),
                part.utf8.count == 1 || part.utf8.first != 0x30
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    private static func parseV6(_ text: Substring) -> IPAddress? {
        var groups: [UInt16] = []
        var gap: Int?
        var rest = text
        if rest.hasPrefix("::") {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let piece = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(piece.count)
            if piece.contains(".") {
                guard rest.isEmpty, let v4 = parseV4(piece) else { return nil }
                groups += [UInt16(v4 >> 16), UInt16(truncatingIfNeeded: v4)]
                break
            }
            guard (1...4).contains(piece.utf8.count), piece.first != "+", let group = UInt16(piece, radix: 16) else { return nil }
            groups.append(group)
            if rest.hasPrefix("::") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst(2)
            } else if !rest.isEmpty {
                rest = rest.dropFirst()
                if rest.isEmpty { return nil }
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let halves = groups.map(UInt64.init)
        return IPAddress(
            high: halves[0] << 48 | halves[1] << 32 | halves[2] << 16 | halves[3],
            low: halves[4] << 48 | halves[5] << 32 | halves[6] << 16 | halves[7])
    }

    /// Dotted decimal, or the recommended IPv6 form of RFC 5952.
    public var description: String {
        if let v4 {
            return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)"
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 % 4))) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > best.count { best = start..<end }
            start = end + 1
        }
        let hex = { (slice: ArraySlice<UInt16>) in slice.map { String($0, radix: 16) }.joined(separator: ":") }
        guard best.count > 1 else { return hex(groups[...]) }
        return hex(groups[..<best.lowerBound]) + "::" + hex(groups[best.upperBound...])
    }
}
