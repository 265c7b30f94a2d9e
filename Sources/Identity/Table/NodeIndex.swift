/// A node by its number in the identity tables. A name keeps its number from table to table where a table is built after another.
public struct NodeIndex: Hashable, Sendable, BitwiseCopyable {
    /// Dense from 0.
    public let rawValue: UInt16

    /// The node with this number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }
}

/// Some of the nodes, for instance those that export.
public struct NodeSet: Sendable, Equatable {
    /// 64 nodes a word, the last one not zero.
    @usableFromInline var words: [UInt64] = []

    /// None of them.
    public init() {}

    /// Whether there is none.
    @inlinable
    public var isEmpty: Bool { words.isEmpty }

    /// Whether `node` is one of them.
    @inlinable
    @inline(__always)
    public func contains(_ node: NodeIndex) -> Bool {
        let word = Int(node.rawValue >> 6)
        return word < words.count && words[word] >> UInt64(node.rawValue & 63) & 1 == 1
    }

    /// Adds `node`.
    public mutating func insert(_ node: NodeIndex) {
        let word = Int(node.rawValue >> 6)
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << UInt64(node.rawValue & 63)
    }
}

/// Numbers the nodes of a table, those that an earlier table knew as there.
struct NodeNumbering: Sendable {
    private(set) var indexes: [String: NodeIndex] = [:]
    private let earlier: [String: NodeIndex]
    private let taken: Set<NodeIndex>
    private var next = 0

    init(after earlier: [String: NodeIndex]) {
        self.earlier = earlier
        taken = Set(earlier.values)
    }

    /// The number of the node of this name; nil beyond 65,536 of them.
    mutating func index(of name: String) -> NodeIndex? {
        if let known = indexes[name] { return known }
        if let known = earlier[name] {
            indexes[name] = known
            return known
        }
        while let candidate = UInt16(exactly: next).map(NodeIndex.init(rawValue:)) {
            next += 1
            guard !taken.contains(candidate) else { continue }
            indexes[name] = candidate
            return candidate
        }
        return nil
    }
}
