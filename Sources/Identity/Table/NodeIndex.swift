/// A node by its number in the identity tables. A name keeps its number from table to table where a table is built after another.
public struct NodeIndex: Hashable, Sendable, BitwiseCopyable {
    /// Dense from 0.
    public let rawValue: UInt16

    /// The node with this number.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }
}

/// Some of the nodes, for instance those that export.
public struct NodeSet: Sendable, Equatable {
    /// 64 places a word, the last one not zero: a node's place is its number plus one, and nobody has the first one (`EndpointEntry.homePlace`).
    @usableFromInline var words: [UInt64] = []

    /// None of them.
    public init() {}

    /// Every node there can be.
    public static let all = {
        var nodes = NodeSet()
        nodes.words = [UInt64](repeating: .max, count: (Int(UInt16.max) + 1) / 64) + [1]
        nodes.words[0] = .max - 1
        return nodes
    }()

    /// Whether there is none.
    @inlinable
    public var isEmpty: Bool { words.isEmpty }

    /// Whether `node` is one of them.
    @inlinable
    @inline(__always)
    public func contains(_ node: NodeIndex) -> Bool {
        contains(place: UInt64(node.rawValue) + 1)
    }

    /// Whether the node of this place is one of them; no node has place 0.
    @inlinable
    @inline(__always)
    func contains(place: UInt64) -> Bool {
        let word = Int(truncatingIfNeeded: place >> 6)
        return word < words.count && words[word] >> (place & 63) & 1 == 1
    }

    /// Adds `node`.
    public mutating func insert(_ node: NodeIndex) {
        let place = Int(node.rawValue) + 1
        let word = place >> 6
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << UInt64(place & 63)
    }
}

/// Numbers the nodes of a table, those that an earlier table knew as there. A name keeps its number for as long as something uses it.
struct NodeNumbering: Sendable {
    private(set) var indexes: [String: NodeIndex] = [:]
    private(set) var names: [NodeIndex: String] = [:]
    private let earlier: [String: NodeIndex]
    private let taken: Set<NodeIndex>
    private var next = 0
    private var uses: [Int] = []
    private var unused: [NodeIndex] = []
    // A number that meant another node in the last snapshot is not given again before the next one.
    private var freed: [NodeIndex] = []
    private var free: [NodeIndex] = []

    init(after earlier: [String: NodeIndex]) {
        self.earlier = earlier
        taken = Set(earlier.values)
    }

    /// The number of the node of this name, for `use`; nil beyond 65,536 of them.
    mutating func index(of name: String) -> NodeIndex? {
        if let known = indexes[name] { return known }
        guard let index = earlier[name] ?? free.popLast() ?? fresh() else { return nil }
        indexes[name] = index
        names[index] = name
        unused.append(index)
        return index
    }

    private mutating func fresh() -> NodeIndex? {
        while let candidate = UInt16(exactly: next).map(NodeIndex.init(rawValue:)) {
            next += 1
            if !taken.contains(candidate) { return candidate }
        }
        return nil
    }

    /// One more use.
    mutating func use(_ index: NodeIndex) {
        let place = Int(index.rawValue)
        if place >= uses.count { uses.append(contentsOf: repeatElement(0, count: place + 1 - uses.count)) }
        uses[place] += 1
    }

    /// One use less.
    mutating func leave(_ index: NodeIndex) {
        let place = Int(index.rawValue)
        guard place < uses.count, uses[place] > 0 else { return }
        uses[place] -= 1
        if uses[place] == 0 { unused.append(index) }
    }

    /// Takes the names out that nothing uses: a snapshot is made.
    mutating func publish() {
        free += freed
        freed = []
        for index in unused where Int(index.rawValue) >= uses.count || uses[Int(index.rawValue)] == 0 {
            guard let name = names.removeValue(forKey: index) else { continue }
            indexes[name] = nil
            if earlier[name] != index { freed.append(index) }
        }
        unused = []
    }
}
