/// A dictionary in parts, each copied by itself: a copy of it that is changed a little shares the rest.
struct PartedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var partBits: Int { 10 }

    private var parts = [[Key: Value]](repeating: [:], count: 1 << Self.partBits)
    /// Keys in it.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// In no order.
    var keys: [Key] { parts.flatMap(\.keys) }

    subscript(key: Key) -> Value? {
        get { isEmpty ? nil : parts[Self.part(of: key)][key] }
        set {
            let part = Self.part(of: key)
            let old = parts[part].count
            parts[part][key] = newValue
            count += parts[part].count - old
        }
    }

    /// The upper bits: a part finds a key's place by the lower ones.
    private static func part(of key: Key) -> Int {
        Int(UInt(bitPattern: key.hashValue) >> UInt(UInt.bitWidth - partBits))
    }
}
