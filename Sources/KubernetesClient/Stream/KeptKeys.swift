/// Which members of a JSON object are kept while it streams by; all others are dropped, however large they are.
///
/// Arrays are looked through: what is said of an array's key holds for each of its elements. A value that is no object or array is kept whole.
indirect enum KeptKeys: Sendable {
    /// The value, whatever it is.
    case all
    /// Of an object, these members.
    case members([(String, KeptKeys)])

    /// Of an object, these members, each whole.
    static func names(_ names: String...) -> KeptKeys {
        .members(names.map { ($0, .all) })
    }
}

/// `KeptKeys` as the scanner walks them: by number.
struct KeptKeyTable: Sendable {
    /// What a value's number says of it.
    enum Node {
        static let all = -1
        static let none = -2
    }

    private struct Member: Sendable {
        var key: [UInt8]
        var node: Int
    }

    private var nodes: [[Member]] = []

    /// The number of the outermost value.
    private(set) var root = Node.all

    init(_ keys: KeptKeys) {
        root = add(keys)
    }

    private mutating func add(_ keys: KeptKeys) -> Int {
        guard case .members(let members) = keys else { return Node.all }
        let number = nodes.count
        nodes.append([])
        nodes[number] = members.map { key, keys in Member(key: Array(key.utf8), node: add(keys)) }
        return number
    }

    /// The number of the value at `key` of the object with this number.
    func child(of node: Int, at key: [UInt8]) -> Int {
        for member in nodes[node] where member.key == key { return member.node }
        return Node.none
    }
}
